"""What no real server will give on demand: proxies, throttling, cut answers. httpx's MockTransport only."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from console.domain.equipment import OdooConnection
from console.odoo import errors
from console.odoo.answers import MESSAGE_LIMIT, retry_after_s
from console.odoo.client import OdooClient

KEY = "f00dfeedf00dfeedf00dfeedf00dfeed"
CONNECTION = OdooConnection("https://erp.example", "plant", "env:KEY", "site1", timeout_s=7.0)
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)

Handler = Callable[[httpx.Request], httpx.Response]


def answering(status: int, content: bytes | str = b"", **headers: str) -> Handler:
    shown = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(status, content=content, headers=shown)


def odoo_error(status: int, name: str, message: str = "no") -> Handler:
    body = {"name": name, "message": message, "arguments": [KEY], "context": {}, "debug": "Traceback: secret"}
    return answering(status, json.dumps(body))


def raising(error: Exception) -> Handler:
    def handler(_: httpx.Request) -> httpx.Response:
        raise error

    return handler


def call(handler: Handler, *, writes: bool, **client: Any) -> Any:
    async def run() -> Any:
        async with OdooClient(CONNECTION, KEY, transport=httpx.MockTransport(handler), **client) as odoo:
            return await odoo.call("mrp.workorder", "write" if writes else "read", writes=writes)

    return asyncio.run(run())


def failure(handler: Handler, *, writes: bool = True, **client: Any) -> errors.OdooError:
    with pytest.raises(errors.OdooError) as caught:
        call(handler, writes=writes, **client)
    return caught.value


def test_a_call_on_the_wire() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=True)

    async def run() -> None:
        async with OdooClient(CONNECTION, f" {KEY}\n", transport=httpx.MockTransport(handler)) as odoo:
            await odoo.write("mrp.workorder", [7], {"qty_produced": 3.5})

    asyncio.run(run())
    request = seen[0]
    assert str(request.url) == "https://erp.example/json/2/mrp.workorder/write"
    assert request.headers["authorization"] == f"bearer {KEY}"
    assert request.headers["x-odoo-database"] == "plant"
    assert json.loads(request.content) == {"ids": [7], "vals": {"qty_produced": 3.5}}
    assert request.extensions["timeout"]["connect"] == 5.0
    assert request.extensions["timeout"]["read"] == 7.0


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("odoo.exceptions.AccessError", 403, errors.OdooDenied),
        ("odoo.exceptions.AccessDenied", 403, errors.OdooAuthentication),
        ("odoo.exceptions.MissingError", 404, errors.OdooMissing),
        ("odoo.exceptions.UserError", 422, errors.OdooRejected),
        ("odoo.exceptions.ValidationError", 422, errors.OdooRejected),
        ("psycopg2.errors.NotNullViolation", 500, errors.OdooRejected),
        ("psycopg2.errors.SerializationFailure", 500, errors.OdooConflict),
        ("psycopg2.errors.DeadlockDetected", 500, errors.OdooConflict),
        ("psycopg2.OperationalError", 500, errors.OdooConflict),
        ("werkzeug.exceptions.NotFound", 404, errors.OdooConfiguration),
        ("werkzeug.exceptions.UnprocessableEntity", 422, errors.OdooMisuse),
        ("builtins.ValueError", 500, errors.OdooMisuse),
    ],
)
def test_names_of_odoo(name: str, status: int, kind: type[errors.OdooError]) -> None:
    error = failure(odoo_error(status, name))
    assert type(error) is kind
    assert (error.status, error.name) == (status, name)
    assert "Traceback" not in str(error)


def test_lost_answers_of_writes_are_unknown_and_of_reads_transient() -> None:
    request = httpx.Request("POST", "https://erp.example")
    lost: list[Handler] = [
        answering(200, b'{"ids": [1'),
        answering(200, b"<html>welcome</html>"),
        answering(502, b"<html>Bad Gateway</html>"),
        answering(504, b""),
        answering(503, b"<html>maintenance</html>"),
        answering(500, b"<html>Internal Server Error</html>"),
        answering(500, b'["not", "an", "error", "body"]'),
        raising(httpx.ReadTimeout("slow", request=request)),
        raising(httpx.WriteTimeout("slow", request=request)),
        raising(httpx.ReadError("reset", request=request)),
        raising(httpx.WriteError("broken pipe", request=request)),
        raising(httpx.RemoteProtocolError("gone", request=request)),
    ]
    for handler in lost:
        assert type(failure(handler, writes=True)) is errors.OdooOutcomeUnknown
        assert isinstance(failure(handler, writes=False), errors.OdooTransient)


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ConnectTimeout("t"), httpx.PoolTimeout("p")]
)
def test_never_sent(error: httpx.TransportError) -> None:
    assert type(failure(raising(error), writes=True)) is errors.OdooUnreachable


def test_untrusted_certificate_is_for_a_person() -> None:
    error = failure(raising(httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed")))
    assert type(error) is errors.OdooConfiguration
    assert "certificate" in error.what


def test_redirects_are_not_followed() -> None:
    error = failure(answering(301, location="https://elsewhere.example/"))
    assert type(error) is errors.OdooConfiguration
    assert "elsewhere.example" in error.what


@pytest.mark.parametrize("status", [403, 404, 405, 415])
def test_a_stranger_answers(status: int) -> None:
    assert type(failure(answering(status, b"<html>no</html>"))) is errors.OdooConfiguration


def test_throttled() -> None:
    error = failure(answering(429, b"", retry_after="7"))
    assert isinstance(error, errors.OdooThrottled)
    assert error.retry_after_s == 7
    error = failure(answering(503, b"<html>", retry_after="120"))
    assert isinstance(error, errors.OdooThrottled)
    assert error.retry_after_s == 120


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 1.0),
        ("-5", 1.0),
        ("12", 12.0),
        ("999999", 3600.0),
        ("nan", 30.0),
        ("", 30.0),
        ("soon", 30.0),
        (format_datetime(NOW.replace(minute=3), usegmt=True), 60.0),
        (format_datetime(NOW.replace(minute=1), usegmt=True), 1.0),
    ],
)
def test_retry_after(header: str, seconds: float) -> None:
    assert retry_after_s(header, NOW) == seconds


def test_gigantic_answer_is_cut_off() -> None:
    taken = 0

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self):
            nonlocal taken
            while True:
                taken += 1
                yield b"x" * 1000

    error = failure(lambda _: httpx.Response(200, stream=Endless()), writes=False, largest_answer=10_000)
    assert isinstance(error, errors.OdooTransient)
    assert taken == 11


def test_long_message_of_odoo_is_shortened() -> None:
    error = failure(odoo_error(422, "odoo.exceptions.UserError", "no\n" * 5000))
    assert len(error.what) < MESSAGE_LIMIT + 100
    assert "\n" not in error.what


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"ids": [5], "messages": []}, None),
        ({"ids": False, "messages": [{"message": "could not serialize access"}]}, errors.OdooConflict),
        ({"ids": False, "messages": [{"message": "must be unique"}]}, errors.OdooRejected),
        ({"ids": False, "messages": None}, errors.OdooRejected),
        ({"ids": [1, 2], "messages": []}, errors.OdooOutcomeUnknown),
        ([], errors.OdooOutcomeUnknown),
    ],
)
def test_load_answers_200_whatever_happened(answer: object, kind: type[errors.OdooError] | None) -> None:
    async def run() -> int:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))
        async with OdooClient(CONNECTION, KEY, transport=transport) as odoo:
            return await odoo.load_new("stock.lot", "site1.k-lot", {"name": "L"})

    if kind is None:
        assert asyncio.run(run()) == 5
    else:
        with pytest.raises(errors.OdooError) as caught:
            asyncio.run(run())
        assert type(caught.value) is kind


@pytest.mark.parametrize("body", [b"{}", b"null", b'[{"name": "no id"}]', b'["x"]'])
def test_rows_that_are_none(body: bytes) -> None:
    async def run() -> None:
        async with OdooClient(CONNECTION, KEY, transport=httpx.MockTransport(answering(200, body))) as odoo:
            await odoo.read("stock.lot", [1], ["name"])

    with pytest.raises(errors.OdooBadAnswer, match=r"stock\.lot\.read"):
        asyncio.run(run())


@pytest.mark.parametrize(
    ("body", "major"),
    [
        ({"version_info": [19, 0], "version": "19.0"}, 19),
        ({"version_info": ["saas~19", 2], "version": "saas~19.2"}, 19),
        ({}, None),
    ],
)
def test_version(body: dict[str, Any], major: int | None) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert "authorization" not in request.headers
        return httpx.Response(200, json=body)

    async def run() -> int:
        async with OdooClient(CONNECTION, KEY, transport=httpx.MockTransport(handler)) as odoo:
            return (await odoo.version()).major

    if major is None:
        with pytest.raises(errors.OdooBadAnswer):
            asyncio.run(run())
    else:
        assert asyncio.run(run()) == major


@pytest.mark.parametrize("key", ["", "  ", "two words", "line\nbreak", "schlüssel"])
def test_unusable_keys(key: str) -> None:
    with pytest.raises(errors.OdooAuthentication) as caught:
        OdooClient(CONNECTION, key)
    assert not key.strip() or key.strip() not in str(caught.value)


def test_the_key_shows_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    """Not in representations, logs, error texts, nor what hangs on the error."""
    caplog.set_level(logging.DEBUG)
    texts = [repr(OdooClient(CONNECTION, KEY)), str(vars(OdooClient(CONNECTION, KEY)))]
    handlers = [
        answering(401, b"{}"),
        answering(200, b"{"),
        odoo_error(422, "odoo.exceptions.UserError"),
        raising(httpx.ReadError(KEY)),
    ]
    for handler in handlers[:3]:
        error = failure(handler)
        texts += [str(error), repr(error), error.what, error.remedy]
        assert error.__cause__ is None
        assert error.__suppress_context__ or error.__context__ is None
    texts.append(str(failure(handlers[3])))
    assert KEY not in "".join(texts) + caplog.text
