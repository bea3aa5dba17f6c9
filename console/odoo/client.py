"""The JSON-2 client: one call, one transaction, every answer classified (docs/odoo.md).

    async with OdooClient(connection, key) as odoo:
        rows = await odoo.search_read("mrp.workcenter", [], ["code", "name"])

A call never repeats itself: whether it may is decided by who knows what it does (the poster). The API key
lives in the request's header only; it is in no representation, log line or error text.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx

from console.domain.equipment import OdooConnection
from console.odoo.answers import Call, bad_answer, http_date, load_error, unclear, value_of
from console.odoo.errors import OdooAuthentication, OdooConfiguration, OdooUnreachable

CONNECT_TIMEOUT_S = 5.0
LARGEST_ANSWER = 64 * 1024 * 1024
PAGE = 500
AGAIN = "Check the network and that Odoo runs; it is tried again by itself."

Row = dict[str, Any]
Domain = Sequence[Any]


@dataclass(frozen=True, slots=True)
class ServerVersion:
    """What ``/web/version`` says.

    Attributes:
        text: for people, for example "19.0" or "saas~19.2".
        major: the main release, 19 for both.
    """

    text: str
    major: int


class _Bearer(httpx.Auth):
    """Puts the key on each request, and shows it nowhere."""

    def __init__(self, key: str) -> None:
        self._header = f"bearer {key}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._header
        yield request


class OdooClient:
    """A connection to one Odoo database. Use with ``async with``; safe for several tasks at once.

    Attributes:
        connection: as configured.
        clock_offset_s: Odoo's clock minus ours at the last answer, to about a second; None before one.
    """

    def __init__(
        self,
        connection: OdooConnection,
        key: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        largest_answer: int = LARGEST_ANSWER,
    ) -> None:
        """Nothing is sent yet.

        Args:
            key: the API key itself (the configuration holds only a reference to it).
            transport: the seam for tests.

        Raises:
            OdooAuthentication: the key has characters that no header can carry.
        """
        key = key.strip()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise OdooAuthentication(
                "The API key for Odoo is empty or has characters that do not belong there.",
                "Store it again, exactly as Odoo showed it.",
            )
        self.connection = connection
        self.clock_offset_s: float | None = None
        self._largest_answer = largest_answer
        self._fields: dict[str, Mapping[str, Row]] = {}
        self._bearer = _Bearer(key)
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(connection.timeout_s, connect=CONNECT_TIMEOUT_S, pool=CONNECT_TIMEOUT_S),
            transport=transport,
            follow_redirects=False,  # a redirected POST becomes a GET, or reaches a stranger
            headers={"X-Odoo-Database": connection.database, "User-Agent": "plant-console"},
        )

    def __repr__(self) -> str:
        return f"OdooClient({self.connection.url!r}, database={self.connection.database!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    # ------------------------------------------------------------ calls

    async def call(
        self,
        model: str,
        method: str,
        *,
        writes: bool,
        ids: Sequence[int] = (),
        context: Mapping[str, Any] | None = None,
        **arguments: Any,
    ) -> Any:
        """Call a method and return its value.

        Args:
            writes: True where the call may change something; a lost answer is then an unknown outcome.
            arguments: by name, as the method's own parameters are called.

        Raises:
            OdooError: classified; see console.odoo.errors.
        """
        body: dict[str, Any] = {**arguments}
        if ids:
            body["ids"] = list(ids)
        if context:
            body["context"] = dict(context)
        call = Call(model, method, writes)
        status, headers, content = await self._exchange(call, "POST", f"/json/2/{model}/{method}", body)
        return value_of(call, status, headers, content, datetime.now(UTC))

    async def search_read(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
        *,
        order: str = "id",
        limit: int | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> list[Row]:
        """Search and read at once; each row has ``id`` besides the fields."""
        found = await self.call(
            model,
            "search_read",
            writes=False,
            context=context,
            domain=list(domain),
            fields=list(fields),
            order=order,
            limit=limit,
        )
        return _rows(Call(model, "search_read", False), found)

    async def pages(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
        *,
        context: Mapping[str, Any] | None = None,
        size: int = PAGE,
    ) -> AsyncIterator[list[Row]]:
        """All rows, page by page in the order of ids.

        Each page begins after the last id seen, not at an offset: rows that change, come or go while we read
        then move no other row over a page's edge.
        """
        after = 0
        while True:
            page = await self.search_read(
                model, [["id", ">", after], *domain], fields, order="id", limit=size, context=context
            )
            if page:
                yield page
            if len(page) < size:
                return
            after = page[-1]["id"]

    async def read(self, model: str, ids: Sequence[int], fields: Sequence[str]) -> list[Row]:
        """Read records; the missing ones are simply absent."""
        if not ids:
            return []
        found = await self.call(model, "read", writes=False, ids=ids, fields=list(fields))
        return _rows(Call(model, "read", False), found)

    async def write(self, model: str, ids: Sequence[int], vals: Mapping[str, Any]) -> None:
        """Write the same values to some records, all or nothing."""
        await self.call(model, "write", writes=True, ids=ids, vals=dict(vals))

    async def load_new(
        self,
        model: str,
        external_id: str,
        values: Mapping[str, Any],
        lines: Sequence[Mapping[str, Any]] = (),
        context: Mapping[str, Any] | None = None,
    ) -> int:
        """Create a record unless one of this external id was made before; either way its database id.

        The insert-only ``load`` of docs/odoo.md: a repeat writes nothing, so it may be sent again at will.

        Args:
            values: column -> value as ``load`` names them (``product_id/.id`` for a database id).
            lines: records below it, made along with it (``move_line_ids/quantity``); a column that one of
                them does not name is empty.
            context: besides the one that makes it insert-only.

        Raises:
            OdooRejected: Odoo refused the row. OdooConflict: two clients raced; send it again.
        """
        call = Call(model, "load", True)
        below = list(dict.fromkeys(column for line in lines for column in line))
        rows = [[str(line.get(column, "")) for column in below] for line in lines or ({},)]
        head = [external_id, *(str(v) for v in values.values())]
        answer = await self.call(
            model,
            "load",
            writes=True,
            context={**(context or {}), "tz": "UTC", "mode": "update", "noupdate": True},
            fields=["id", *values, *below],
            data=[[*(head if at == 0 else [""] * len(head)), *row] for at, row in enumerate(rows)],
        )
        if not isinstance(answer, dict):
            raise bad_answer(call, "it is no object")
        ids = answer.get("ids")
        if not ids:
            raise load_error(call, answer.get("messages"))
        if not isinstance(ids, list) or len(ids) != 1 or not isinstance(ids[0], int):
            raise bad_answer(call, "it has no single record id")
        return ids[0]

    async def fields_of(self, model: str) -> Mapping[str, Row]:
        """The model's fields as this server has them; asked once.

        Raises:
            OdooConfiguration: the model is not there, because its module is not installed.
        """
        if model not in self._fields:
            found = await self.call(
                model, "fields_get", writes=False, attributes=["type", "relation", "selection"]
            )
            if not isinstance(found, dict):
                raise bad_answer(Call(model, "fields_get", False), "it is no object")
            self._fields[model] = found
        return self._fields[model]

    async def version(self) -> ServerVersion:
        """The server's version; needs no key."""
        call = Call("server", "version", False)
        status, headers, content = await self._exchange(call, "GET", "/web/version", None)
        told = value_of(call, status, headers, content, datetime.now(UTC))
        try:
            major = str(told["version_info"][0]).rpartition("~")[2]
            return ServerVersion(str(told["version"]), int(major))
        except (KeyError, IndexError, TypeError, ValueError):
            raise bad_answer(call, "it names no version") from None

    # ------------------------------------------------------------ the wire

    async def _exchange(
        self, call: Call, verb: str, path: str, body: Row | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send and receive once. Errors are raised without their cause: it carries the headers."""
        url = self.connection.url.rstrip("/") + path
        auth = self._bearer if verb == "POST" else None
        try:
            async with self._http.stream(verb, url, json=body, auth=auth) as response:
                content = await self._content(call, response)
                self._note_clock(response.headers.get("date", ""))
                return response.status_code, response.headers, content
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise self._not_sent(error) from None
        except (httpx.UnsupportedProtocol, httpx.InvalidURL):
            raise OdooConfiguration(
                f"{self.connection.url!r} is not a web address.",
                "Write it as https://name into the plant file.",
            ) from None
        except httpx.TimeoutException as error:
            why = f"no answer within {self.connection.timeout_s:.0f} s, {type(error).__name__}"
            raise unclear(call, why) from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise unclear(call, f"the connection broke, {type(error).__name__}") from None

    def _not_sent(self, error: httpx.TransportError) -> OdooUnreachable | OdooConfiguration:
        where = self.connection.url
        if isinstance(error.__cause__, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY" in str(error):
            return OdooConfiguration(
                f"The certificate of {where} is not one that this computer trusts.",
                "Install the authority's certificate on this computer, or mend the address.",
            )
        return OdooUnreachable(f"Odoo at {where} cannot be reached ({error or type(error).__name__}).", AGAIN)

    async def _content(self, call: Call, response: httpx.Response) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > self._largest_answer:
                raise unclear(call, f"more than {self._largest_answer} bytes came", response.status_code)
            parts.append(part)
        return b"".join(parts)

    def _note_clock(self, header: str) -> None:
        told = http_date(header)
        if told is not None:
            self.clock_offset_s = (told - datetime.now(UTC)).total_seconds()


def _rows(call: Call, found: object) -> list[Row]:
    if not isinstance(found, list) or not all(
        isinstance(row, dict) and isinstance(row.get("id"), int) for row in found
    ):
        raise bad_answer(call, "it is no list of records")
    return found
