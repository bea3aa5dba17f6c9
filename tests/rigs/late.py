"""A transport that loses the answer of one call to Odoo, or the call itself until it is let go."""

from __future__ import annotations

import httpx


class Lost(httpx.AsyncHTTPTransport):
    """Cuts the first call whose path ends as told: after Odoo carried it out, or before it was sent.

    Attributes:
        kept: with ``before``, the request as it will arrive once ``deliver`` lets it go.
    """

    def __init__(self, path_end: str, *, before: bool = False) -> None:
        super().__init__()
        self._path_end = path_end
        self._before = before
        self._done = False
        self.kept: httpx.Request | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._done or not request.url.path.endswith(self._path_end):
            return await super().handle_async_request(request)
        self._done = True
        if self._before:
            self.kept = request
        else:
            answer = await super().handle_async_request(request)
            await answer.aread()
        raise httpx.ReadTimeout("lost on the way", request=request)

    def deliver(self) -> int:
        """What was held back arrives now; the status that Odoo answers."""
        assert self.kept is not None
        headers = {k: v for k, v in self.kept.headers.items() if k.lower() != "content-length"}
        url = str(self.kept.url)
        return httpx.post(url, content=self.kept.content, headers=headers, timeout=60).status_code
