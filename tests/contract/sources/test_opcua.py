"""What only OPC UA has: qualities, limits, security, nodes that come and go (against node-opcua)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from console.domain.equipment import OpcuaConnection
from console.domain.tags import LinkState, Quality, Tag
from console.errors import SecretMissing
from console.sources import OpcuaSource
from tests.contract.sources.harness import (
    OpcuaPeerRig,
    Recorder,
    SimulatorRig,
    no_secrets,
    opcua,
    run,
    running,
)

BULK = 1500


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A client's self-signed certificate and key, as OPC 10000-6 6.2.2 wants them."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(True, True, True, True, False, True, False, False, False)
    names = [x509.UniformResourceIdentifier(f"urn:plant-console:{name}"), x509.DNSName("localhost")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / f"{name}.pem", folder / f"{name}.key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    return certificate_file, key_file


class SecuredRig(OpcuaPeerRig):
    """The peer, with one client certificate that it trusts and one that it does not."""

    def __init__(self, folder: Path) -> None:
        self.pki = folder / "pki"
        trusted = self.pki / "trusted" / "certs"
        trusted.mkdir(parents=True)
        self.known = make_certificate(folder, "known")
        self.stranger = make_certificate(folder, "stranger")
        (trusted / "known.pem").write_bytes(self.known[0].read_bytes())
        super().__init__(self.pki, BULK)

    def secured(self, own: tuple[Path, Path], **settings: Any) -> OpcuaConnection:
        chosen = {
            "security": "Basic256Sha256,SignAndEncrypt",
            "certificate": str(own[0]),
            "private_key": str(own[1]),
            "server_certificate": str(self.pki / "own" / "certs" / "certificate.pem"),
        }
        return opcua(self.url, **{**chosen, **settings})


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredRig]:
    made = SecuredRig(tmp_path_factory.mktemp("rig"))
    made.start()
    yield made
    made.kill()


async def told(source: OpcuaSource, state: LinkState = LinkState.DOWN) -> Recorder:
    """What the sink saw until the link had this state."""
    async with running(source) as seen:
        await seen.until(lambda: seen.state is state, what=str(state))
    return seen


def source(rig: SecuredRig, connection: OpcuaConnection, tags: Sequence[Tag] | None = None) -> OpcuaSource:
    return OpcuaSource(connection, rig.tags if tags is None else tags, lambda _: "right")


def test_quality_follows_the_status_code(rig: SecuredRig) -> None:
    async def work() -> None:
        tags = [rig.tag("Doubtful"), rig.tag("Broken"), rig.tag("Curve"), rig.tag("State")]
        async with running(source(rig, opcua(rig.url), tags)) as seen:
            await seen.until(lambda: len(seen.last()) == len(tags))
            last = seen.last()
            assert last["Peer1.Doubtful"][1:3] == (5.5, Quality.UNCERTAIN)
            assert last["Peer1.Broken"][1:3] == (None, Quality.BAD)
            assert last["Peer1.Curve"][1:3] == (None, Quality.BAD)
            assert last["Peer1.State"][1:3] == (6, Quality.GOOD)
            await seen.until(lambda: "Peer1.Curve is an array" in seen.links[-1].reason)
            assert seen.links[-1].state is LinkState.UP

    run(work())


@pytest.mark.parametrize("items_per_call", [100, 5000])
def test_many_items_within_the_servers_limit(rig: SecuredRig, items_per_call: int) -> None:
    async def work() -> None:
        bulk = [Tag(f"b{i}", "line", f"nsu={rig.uri};s=Bulk.{i}") for i in range(BULK)]
        connection = opcua(rig.url, items_per_call=items_per_call)
        async with running(source(rig, connection, bulk)) as seen:
            await seen.until(lambda: len(seen.last()) == BULK, what="all items")
            assert all(sample.value == int(tag[1:]) for tag, sample in seen.last().items())
            assert seen.links[-1].missing_tags == ()

    run(work())


def test_node_that_comes_and_goes(rig: SecuredRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.sources.opcua_session.MISSING_RETRY_FIRST_S", 0.3)
    late = Tag("late", "line", f"nsu={rig.uri};s=Late.Good")

    async def work() -> None:
        async with running(source(rig, opcua(rig.url), [*rig.tags, late])) as seen:
            await seen.until(lambda: seen.state is LinkState.UP)
            assert seen.links[-1].missing_tags == ("late",)
            await asyncio.to_thread(rig.server.command, "add Late.Good")
            await seen.until(lambda: seen.links[-1].missing_tags == (), what="the node found")
            await seen.until(lambda: seen.last()["late"].value == 1, what="its value")
            await asyncio.to_thread(rig.server.command, "delete Late.Good")
            await seen.until(lambda: seen.links[-1].missing_tags == ("late",), what="the node gone")
            assert seen.last()["late"].quality is Quality.BAD
            await asyncio.to_thread(rig.server.command, "add Late.Good")
            await seen.until(lambda: seen.last()["late"].value == 1, what="its value again")
            assert len([link for link in seen.links if link.state is LinkState.UP]) >= 4

    run(work())


def test_index_addresses_and_unknown_namespaces(rig: SecuredRig) -> None:
    async def work() -> None:
        tags = [Tag("byindex", "line", "ns=3;s=Peer1.State"), Tag("nowhere", "line", "nsu=urn:nobody;s=x")]
        tags.append(Tag("time", "line", "i=2258"))  # Server_ServerStatus_CurrentTime
        async with running(source(rig, opcua(rig.url), tags)) as seen:
            await seen.until(lambda: len(seen.last()) == 3)
            assert seen.last()["byindex"].value == 6
            assert seen.links[-1].missing_tags == ("nowhere",)
            now = datetime.fromisoformat(str(seen.last()["time"].value))
            assert abs(datetime.now(UTC) - now) < timedelta(seconds=30)

    run(work())


def test_server_that_reads_well_but_notifies_no_more(rig: SecuredRig) -> None:
    """What node-opcua was seen to do after a freeze; nothing but the silence gives it away."""

    async def work() -> None:
        async with running(source(rig, opcua(rig.url, silence_s=1.5))) as seen:
            await seen.until(lambda: len(seen.last()) == len(rig.tags))
            await asyncio.to_thread(rig.server.command, "mute")
            await seen.until(lambda: seen.state is LinkState.DOWN, what="the silence noticed")
            assert "sent nothing for 1.5 s" in seen.links[-1].reason
            await seen.until(lambda: seen.state is LinkState.UP, what="the recovery")

    run(work())


def test_quiet_server_is_not_dead(rig: SecuredRig) -> None:
    async def work() -> None:
        connection = opcua(rig.url, silence_s=1.0)
        async with running(source(rig, connection, [rig.tag("State")])) as seen:
            await seen.until(lambda: bool(seen.all))
            await asyncio.sleep(2.5)
            assert [link.state for link in seen.links] == [LinkState.CONNECTING, LinkState.UP]

    run(work())


def test_secured_and_signed_in(rig: SecuredRig) -> None:
    async def work() -> None:
        connection = rig.secured(rig.known, username="reader", password="env:PEER")
        async with running(source(rig, connection)) as seen:
            await seen.until(lambda: len(seen.last()) == len(rig.tags), what="values")

    run(work())


def test_encrypted_password_over_an_open_channel(rig: SecuredRig) -> None:
    async def work() -> None:
        connection = opcua(rig.url, username="reader", password="env:PEER")
        async with running(source(rig, connection)) as seen:
            await seen.until(lambda: len(seen.last()) == len(rig.tags), what="values")

    run(work())


def test_password_is_not_sent_in_clear(tmp_path: Path) -> None:
    server = SimulatorRig("opcua", tmp_path)
    server.start()

    async def work() -> None:
        connection = opcua(server.url, username="reader", password="env:PEER")
        seen = await told(OpcuaSource(connection, server.tags, lambda _: "right"))
        assert "would get the password in clear; it was not sent" in seen.links[-1].reason

    try:
        run(work())
    finally:
        server.kill()


def test_wrong_password_is_said(rig: SecuredRig) -> None:
    async def work() -> None:
        connection = rig.secured(rig.known, username="reader", password="env:PEER")
        seen = await told(OpcuaSource(connection, rig.tags, lambda _: "wrong"))
        assert "refuses user 'reader' or the password" in seen.links[-1].reason

    run(work())


def test_missing_secret_is_said(rig: SecuredRig) -> None:
    def secrets(reference: str) -> str:
        raise SecretMissing(f"The secret {reference} is not there.", "Set it.")

    async def work() -> None:
        connection = rig.secured(rig.known, username="reader", password="env:PEER")
        seen = await told(OpcuaSource(connection, rig.tags, secrets))
        assert (seen.links[-1].reason, seen.links[-1].remedy) == (
            "The secret env:PEER is not there.",
            "Set it.",
        )

    run(work())


def test_untrusted_client_is_said(rig: SecuredRig) -> None:
    async def work() -> None:
        seen = await told(source(rig, rig.secured(rig.stranger)))
        assert "trust" in seen.links[-1].reason
        assert "certificate" in seen.links[-1].remedy

    run(work())


def test_replaced_server_certificate_is_said(rig: SecuredRig) -> None:
    async def work() -> None:
        seen = await told(source(rig, rig.secured(rig.known, server_certificate=str(rig.stranger[0]))))
        assert "certificate" in seen.links[-1].remedy
        assert not seen.all

    run(work())


def test_security_that_the_server_lacks(rig: SecuredRig) -> None:
    async def work() -> None:
        seen = await told(source(rig, rig.secured(rig.known, security="Aes256Sha256RsaPss,SignAndEncrypt")))
        assert "does not offer the security" in seen.links[-1].reason

    run(work())


def test_missing_file_is_said(rig: SecuredRig, tmp_path: Path) -> None:
    async def work() -> None:
        seen = await told(source(rig, rig.secured((tmp_path / "no.pem", rig.known[1]))))
        assert "no.pem" in seen.links[-1].reason

    run(work())


def test_name_that_is_not_known() -> None:
    async def work() -> None:
        seen = await told(OpcuaSource(opcua("opc.tcp://nobody.invalid:4840/"), [], no_secrets))
        assert "The name nobody.invalid is not known." in seen.links[-1].reason

    run(work())
