"""One asyncua client with all the settings of a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from asyncua import ua
from asyncua.client.client import Client
from asyncua.crypto import security_policies, uacrypto
from cryptography import x509

from console.domain.equipment import OpcuaConnection
from console.errors import SecretMissing
from console.sources.link import LinkLost

# those that the OPC Foundation has not withdrawn (OPC 10000-7)
POLICIES: dict[str, type[security_policies.SecurityPolicy]] = {
    "Basic256Sha256": security_policies.SecurityPolicyBasic256Sha256,
    "Aes128Sha256RsaOaep": security_policies.SecurityPolicyAes128Sha256RsaOaep,
    "Aes256Sha256RsaPss": security_policies.SecurityPolicyAes256Sha256RsaPss,
}


class GuardedClient(Client):
    """The library's client, which refuses to send a password in clear.

    Attributes:
        socket_made: the TCP connection stood, so what fails later is not the network.
    """

    socket_made = False

    async def connect_socket(self) -> None:
        """Connect to the server's port."""
        await super().connect_socket()
        self.socket_made = True

    async def activate_session(
        self,
        username: str | None = None,
        password: str | None = None,
        certificate: x509.Certificate | None = None,
    ) -> ua.ActivateSessionResult:
        """Sign in, unless the password would be readable on the way.

        The library only warns. The check stands here, after the server named its token policies and before
        anything is sent.
        """
        if username and password:
            policy = self.server_policy(ua.UserTokenType.UserName).SecurityPolicyUri
            in_clear = not policy or policy == security_policies.SecurityPolicyNone.URI
            if in_clear and self.security_policy.Mode != ua.MessageSecurityMode.SignAndEncrypt:
                raise LinkLost(
                    f"{self.server_url.geturl()} would get the password in clear; it was not sent.",
                    "Use a secured connection (Basic256Sha256,SignAndEncrypt), or a token policy with "
                    "encryption in the server.",
                )
        return await super().activate_session(username, password, certificate)


async def new_client(connection: OpcuaConnection, secrets: Callable[[str], str]) -> GuardedClient:
    """A client that is configured but not connected.

    Errors: LinkLost for a secret or a file that is not there (it may come back); the library's errors for
    files that hold no key or certificate.
    """
    client = GuardedClient(
        connection.url,
        timeout=connection.timeout_s,
        # the library's own look at the server's state: a second opinion beside the subscription's silence
        watchdog_intervall=max(1.0, connection.silence_s / 2),
    )
    client.name = client.description = "plant-console"
    # sessions of a console that was killed must not fill the server for an hour
    client.session_timeout = int(max(30.0, 3 * connection.silence_s) * 1000)
    if connection.security != "none":
        await _secure(client, connection)
    if connection.username:
        client.set_user(connection.username)
        if connection.password:
            client.set_password(await _secret(connection.password, secrets))
    return client


async def _secure(client: GuardedClient, connection: OpcuaConnection) -> None:
    for path in (connection.certificate, connection.private_key, connection.server_certificate):
        if not Path(path).is_file():
            raise LinkLost(
                f"The file {path} of connection {connection.name} is not there.",
                "Put the certificate or key in place, or correct the path in the plant file.",
            )
    policy, _, mode = connection.security.partition(",")
    own = await uacrypto.load_certificate(connection.certificate)
    client.application_uri = _application_uri(own) or client.application_uri
    await client.set_security(
        POLICIES[policy],
        connection.certificate,
        connection.private_key,
        server_certificate=connection.server_certificate,
        mode=ua.MessageSecurityMode[mode],
    )


async def offers_security(connection: OpcuaConnection) -> bool:
    """Whether the server lists an endpoint with the configured security.

    Asked only after a failed attempt: some servers just hang up on a security that they do not have.
    Errors: the library's.
    """
    policy, mode = "None", ua.MessageSecurityMode.None_
    if connection.security != "none":
        policy, _, mode_name = connection.security.partition(",")
        mode = ua.MessageSecurityMode[mode_name]
    endpoints = await Client(connection.url, timeout=connection.timeout_s).connect_and_get_server_endpoints()
    return any(str(e.SecurityPolicyUri).endswith(f"#{policy}") and e.SecurityMode == mode for e in endpoints)


def _application_uri(certificate: x509.Certificate) -> str | None:
    """The URI in the certificate; servers refuse a client that says another one."""
    try:
        names: Any = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    return str(uris[0]) if uris else None


async def _secret(reference: str, secrets: Callable[[str], str]) -> str:
    try:
        return await asyncio.to_thread(secrets, reference)
    except SecretMissing as missing:
        raise LinkLost(missing.what, missing.remedy) from missing
