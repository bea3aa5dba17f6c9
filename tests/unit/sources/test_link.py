from __future__ import annotations

import itertools
import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from asyncua.ua import uaerrors
from asyncua.ua.uaerrors import UaError
from cryptography.exceptions import InvalidSignature

from console.domain.equipment import ModbusConnection, OpcuaConnection
from console.domain.tags import LinkState, LinkStatus, Sample, Tag
from console.errors import ConfigurationError
from console.sources import ModbusSource, OpcuaSource, build_source
from console.sources.link import LinkLost, LinkReporter, backoff_delays, network_fault
from console.sources.opcua_faults import diagnose, host_and_port

OPCUA = OpcuaConnection("line", "opc.tcp://plc:4841/x", username="reader")
SECURED = OpcuaConnection(
    "line", "opc.tcp://plc/x", "Basic256Sha256,Sign", "", "", "own.pem", "own.key", "server.pem"
)


class Sink:
    def __init__(self) -> None:
        self.links: list[LinkStatus] = []

    def samples(self, batch: Sequence[Sample]) -> None:
        raise AssertionError("no samples here")

    def link(self, status: LinkStatus) -> None:
        self.links.append(status)


def test_delays_double_up_to_the_longest_and_spread() -> None:
    assert list(itertools.islice(backoff_delays(jitter=lambda: 1.0), 7)) == [
        0.2,
        0.4,
        0.8,
        1.6,
        3.2,
        5.0,
        5.0,
    ]
    assert list(itertools.islice(backoff_delays(jitter=lambda: 0.0), 2)) == [0.1, 0.2]


def test_each_change_is_told_once() -> None:
    times = iter(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=i) for i in range(20))
    sink, link = Sink(), LinkReporter("line", lambda: next(times))
    link.start(sink)
    for _ in range(3):
        link.down(LinkLost("It is off.", "Switch it on."))
    first_down = sink.links[-1]
    link.down(LinkLost("It refuses."))
    assert sink.links[-1].since == first_down.since
    for _ in range(3):
        link.up(["b", "a"])
    link.up()
    link.add_dropped(0)
    link.add_dropped(4)
    link.down(LinkLost("It is off."))
    assert [(s.state, s.reason, s.missing_tags, s.dropped) for s in sink.links] == [
        (LinkState.CONNECTING, "", (), 0),
        (LinkState.DOWN, "It is off.", (), 0),
        (LinkState.DOWN, "It refuses.", (), 0),
        (LinkState.UP, "", ("a", "b"), 0),
        (LinkState.UP, "", (), 0),
        (LinkState.UP, "", (), 4),
        (LinkState.DOWN, "It is off.", (), 4),
    ]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(), "plc:502 refuses the connection."),
        (socket.gaierror(-2, "Name or service not known"), "The name plc is not known."),
        (TimeoutError(), "plc:502 does not answer in time."),
        (ConnectionResetError(), "plc:502 closed the connection."),
        (OSError(113, "No route to host"), "plc:502 cannot be reached: No route to host."),
    ],
)
def test_network_faults_in_plain_words(error: Exception, words: str) -> None:
    fault = network_fault(error, "plc", 502)
    assert fault.reason == words
    assert fault.remedy


@pytest.mark.parametrize(
    ("error", "connection", "words"),
    [
        (uaerrors.BadIdentityTokenRejected(), OPCUA, "refuses user 'reader'"),
        (uaerrors.BadUserAccessDenied(), SECURED, "does not admit anonymous readers"),
        (uaerrors.BadSecurityPolicyRejected(), SECURED, "does not offer the security"),
        (UaError("No matching endpoints: x"), SECURED, "does not offer the security"),
        (uaerrors.BadTcpInternalError(), SECURED, "cannot read what this console encrypts"),
        (uaerrors.BadCertificateUntrusted(), SECURED, "does not trust this console's certificate"),
        (AssertionError(), SECURED, "does not trust this console's certificate"),
        (UaError("Server certificate mismatch"), SECURED, "another certificate"),
        (InvalidSignature(), SECURED, "another certificate"),
        (uaerrors.BadTooManySessions(), OPCUA, "no room for another client: BadTooManySessions"),
        (uaerrors.BadTimeout(), OPCUA, "plc:4841 does not answer in time"),
        (uaerrors.BadInternalError(), OPCUA, "answers BadInternalError"),
        (TimeoutError(), OPCUA, "plc:4841 does not answer in time"),
        (KeyError(1), OPCUA, "no OPC UA"),
    ],
)
def test_opcua_faults_in_plain_words(error: Exception, connection: OpcuaConnection, words: str) -> None:
    fault = diagnose(error, connection)
    assert words in fault.reason
    assert fault.remedy


def test_default_port_of_opcua() -> None:
    assert host_and_port(SECURED) == ("plc", 4840)


@pytest.mark.parametrize(
    "connection",
    [
        OpcuaConnection("x", "opc.tcp://plc", security="Basic256Sha256"),
        OpcuaConnection("x", "opc.tcp://plc", security="Basic128Rsa15,Sign"),
        OpcuaConnection("x", "opc.tcp://plc", security="Basic256Sha256,SignAndEncrypt"),
        OpcuaConnection("x", "opc.tcp://plc", "Basic256Sha256,Sign", "", "", "own.pem", "own.key"),
        ModbusConnection("x", "plc", word_order="middle"),
    ],
)
def test_settings_that_no_retry_can_mend(connection: OpcuaConnection | ModbusConnection) -> None:
    with pytest.raises(ConfigurationError):
        build_source(connection, [], lambda reference: reference)


def test_build_source_picks_protocol_and_own_tags() -> None:
    tags = [Tag("a", "line", "i=1"), Tag("b", "device", "holding:1")]
    assert isinstance(build_source(OPCUA, tags, str), OpcuaSource)
    device = build_source(ModbusConnection("device", "plc"), tags, str)
    assert isinstance(device, ModbusSource)
    assert device.connection == "device"
