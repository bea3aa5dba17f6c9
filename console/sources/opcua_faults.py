"""What goes wrong with an OPC UA server, in plain words and with the remedy."""

from __future__ import annotations

import asyncio
import struct
from urllib.parse import urlparse

from asyncua.ua import uaerrors
from asyncua.ua.status_codes import get_name_and_doc
from asyncua.ua.uaerrors import UaError, UaStatusCodeError
from cryptography.exceptions import InvalidKey, InvalidSignature

from console.domain.equipment import OpcuaConnection
from console.sources.link import LinkLost, network_fault

# What the library and its decoding of a foreign answer are known to raise; anything else is a bug of ours.
# AssertionError: an untrusted client certificate at node-opcua. LookupError, TypeError, AttributeError,
# struct.error: answers that are no OPC UA.
LIBRARY_ERRORS = (
    UaError,
    OSError,
    asyncio.TimeoutError,
    AssertionError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    struct.error,
    InvalidSignature,
    InvalidKey,
)

_CREDENTIALS = (
    uaerrors.BadUserAccessDenied,
    uaerrors.BadIdentityTokenRejected,
    uaerrors.BadIdentityTokenInvalid,
    uaerrors.BadUserSignatureInvalid,
)
_UNTRUSTED = (
    uaerrors.BadSecurityChecksFailed,
    uaerrors.BadCertificateUntrusted,
    uaerrors.BadCertificateInvalid,
    uaerrors.BadCertificateUriInvalid,
    uaerrors.BadCertificateTimeInvalid,
    uaerrors.BadCertificateUseNotAllowed,
    uaerrors.BadCertificateChainIncomplete,
)
_FULL = (uaerrors.BadTooManySessions, uaerrors.BadTooManySubscriptions, uaerrors.BadTooManyMonitoredItems)


def host_and_port(connection: OpcuaConnection) -> tuple[str, int]:
    """Where the server listens; 4840 where the URL names no port (OPC 10000-6)."""
    url = urlparse(connection.url)
    return url.hostname or "", url.port or 4840


def diagnose(error: BaseException, connection: OpcuaConnection) -> LinkLost:
    """Plain words for an error of the library."""
    if isinstance(error, LinkLost):
        return error
    where = connection.url
    secured = connection.security != "none"
    if isinstance(error, UaStatusCodeError):
        return _status_fault(error, connection)
    if isinstance(error, UaError) and "No matching endpoints" in str(error):
        return security_not_offered(connection)
    if isinstance(error, UaError) and "certificate mismatch" in str(error):
        return _other_certificate(where)
    if secured and isinstance(error, AssertionError):
        return _untrusted_client(connection)
    if secured and isinstance(error, InvalidSignature | InvalidKey):
        return _other_certificate(where)
    if isinstance(error, OSError):  # TimeoutError and ConnectionError are OSErrors
        return network_fault(error, *host_and_port(connection))
    return LinkLost(
        f"{where} gives answers that are no OPC UA ({type(error).__name__}).",
        "Check that the port is the one of the OPC UA server.",
    )


def _status_fault(error: UaStatusCodeError, connection: OpcuaConnection) -> LinkLost:
    where = connection.url
    if isinstance(error, _CREDENTIALS):
        if connection.username:
            return LinkLost(
                f"{where} refuses user {connection.username!r} or the password.",
                "Check the user name and the secret that the connection names.",
            )
        return LinkLost(
            f"{where} does not admit anonymous readers.", "Give the connection a user name and password."
        )
    if isinstance(error, uaerrors.BadTcpInternalError | uaerrors.BadSecurityChecksFailed) and _pinned(
        connection
    ):
        return LinkLost(
            f"{where} cannot read what this console encrypts, or does not trust it.",
            "If the server's certificate was replaced, put the new one in place of "
            f"{connection.server_certificate}; if not, trust this console's certificate "
            f"{connection.certificate} in the server.",
        )
    if isinstance(error, _UNTRUSTED):
        return _untrusted_client(connection)
    if isinstance(error, uaerrors.BadSecurityPolicyRejected | uaerrors.BadSecurityModeRejected):
        return security_not_offered(connection)
    if isinstance(error, _FULL):
        return LinkLost(
            f"{where} has no room for another client: {_name(error)}.",
            "Close other clients, wait until the server forgets dead sessions, or raise its limits.",
        )
    if isinstance(error, uaerrors.BadTimeout):
        return network_fault(TimeoutError(), *host_and_port(connection))
    return LinkLost(f"{where} answers {_name(error)}.", "See the server's log.")


def security_not_offered(connection: OpcuaConnection) -> LinkLost:
    """The server has no endpoint with the configured policy and mode."""
    return LinkLost(
        f"{connection.url} does not offer the security {connection.security!r}.",
        "Choose a security that the server offers, or switch it on in the server.",
    )


def _name(error: UaStatusCodeError) -> str:
    code = error.code
    return get_name_and_doc(code)[0] if isinstance(code, int) else type(error).__name__


def _pinned(connection: OpcuaConnection) -> bool:
    return connection.security != "none" and bool(connection.server_certificate)


def _untrusted_client(connection: OpcuaConnection) -> LinkLost:
    return LinkLost(
        f"{connection.url} does not trust this console's certificate.",
        f"Move the certificate {connection.certificate} to the trusted ones in the server, and check that it "
        "has not expired.",
    )


def _other_certificate(where: str) -> LinkLost:
    return LinkLost(
        f"{where} shows another certificate than the one this console trusts.",
        "If the server was renewed on purpose, put its new certificate in place of the trusted one. "
        "If not, somebody may stand between.",
    )
