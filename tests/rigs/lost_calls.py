"""A way to Odoo that loses the answer of one call, which then lands late or never."""

from __future__ import annotations

import asyncio

import httpx


class Losing(httpx.AsyncBaseTransport):
    """Loses the answer of a method's first call.

    Attributes:
        reaches: False: the call never reaches Odoo. A number: it does so that many seconds later.
    """

    def __init__(self, method: str, *, reaches: bool | float) -> None:
        self._method = method
        self._reaches = reaches
        self._inner = httpx.AsyncHTTPTransport()
        self.late: list[asyncio.Task[None]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._method and request.url.path.endswith(self._method):
            self._method = ""
            if self._reaches is not False:
                self.late.append(asyncio.create_task(self._land(request)))
            raise httpx.ReadTimeout("lost", request=request)
        return await self._inner.handle_async_request(request)

    async def _land(self, request: httpx.Request) -> None:
        await asyncio.sleep(float(self._reaches))
        async with httpx.AsyncClient() as other:
            answer = await other.post(request.url, content=request.content, headers=request.headers)
            assert answer.status_code == 200, answer.text
