"""One connection to an OPC UA server, from connecting to its loss."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from asyncua import ua
from asyncua.ua import uaerrors
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import UaStatusCodeError

from console.domain.equipment import OpcuaConnection
from console.domain.ports import SampleSink
from console.domain.tags import Quality, Sample, Tag
from console.sources.link import LinkLost, LinkReporter, end_if_cancelled, utc_now
from console.sources.opcua_client import GuardedClient, new_client, offers_security
from console.sources.opcua_faults import LIBRARY_ERRORS, diagnose, security_not_offered
from console.sources.opcua_values import UnknownNamespace, node_id_of, overflowed, sample_of

_T = TypeVar("_T")

TICK_S = 0.5
MISSING_RETRY_FIRST_S = 5.0
MISSING_RETRY_LONGEST_S = 30.0
CLOSE_S = 1.0

_TOO_MUCH_AT_ONCE = (
    uaerrors.BadTooManyOperations,
    uaerrors.BadRequestTooLarge,
    uaerrors.BadResponseTooLarge,
    uaerrors.BadEncodingLimitsExceeded,
)
_UNKNOWN_NODE = frozenset({StatusCodes.BadNodeIdUnknown, StatusCodes.BadNodeIdInvalid})
_SEQUENCE_NUMBERS = 2**32 - 1  # they run from 1 to this (OPC 10000-4, 7.23)


@dataclass
class _Item:
    """A tag as a monitored item. `refusal` says why the server does not deliver it ("" while it does)."""

    tag: Tag
    server_id: int = 0
    refusal: str = ""


class OpcuaSession:
    """Connects once, delivers until the link is lost, and cleans up.

    Attributes:
        was_up: values flowed in this session.
    """

    def __init__(
        self,
        connection: OpcuaConnection,
        tags: Sequence[Tag],
        secrets: Callable[[str], str],
        link: LinkReporter,
        sink: SampleSink,
    ) -> None:
        self.was_up = False
        self._connection = connection
        self._secrets = secrets
        self._link = link
        self._sink = sink
        self._items = {handle: _Item(tag) for handle, tag in enumerate(tags, start=1)}
        self._next_handle = len(self._items) + 1
        self._client: GuardedClient | None = None
        self._inbox: list[tuple[ua.PublishResult, datetime]] = []
        self._news = asyncio.Event()
        self._lost: LinkLost | None = None
        self._subscription_id = 0
        self._silence_s = connection.silence_s
        self._heard_at = 0.0
        self._sequence = 0
        self._items_per_call = connection.items_per_call
        self._retry_at = 0.0
        self._retry_s = MISSING_RETRY_FIRST_S
        self._unusable: dict[str, str] = {}
        self._told_bad: set[str] = set()

    async def run(self) -> None:
        """Deliver until the link is lost. Errors: LinkLost, always, unless cancelled."""
        try:
            client = await self._call(new_client(self._connection, self._secrets))
            self._client = client
            client.connection_lost_callback = self._on_lost
            await self._connect(client)
            self._items_per_call = await self._allowed_items(client)
            await self._subscribe(client)
            await self._monitor(client, self._items)
            await self._watch(client)
        finally:
            await self._close()

    async def _call(self, what: Awaitable[_T], passing: tuple[type[Exception], ...] = ()) -> _T:
        """Await the library, with a wall-clock limit. Errors: LinkLost; those in `passing` as they are."""
        try:
            async with asyncio.timeout(self._connection.timeout_s * 1.5):
                result = await what
                end_if_cancelled()
                return result
        except passing:
            raise
        except LIBRARY_ERRORS as error:
            raise self._diagnosed(error) from error

    def _diagnosed(self, error: BaseException) -> LinkLost:
        if isinstance(error, TimeoutError) and self._client is not None and self._client.socket_made:
            return LinkLost(
                f"{self._connection.url} takes the connection but does not answer.",
                "The server may be frozen, overloaded, or speak another protocol on this port.",
            )
        return diagnose(error, self._connection)

    async def _connect(self, client: GuardedClient) -> None:
        # hello, channel, session and sign-in each have the library's own limit; this one bounds their sum
        try:
            async with asyncio.timeout(self._connection.timeout_s * 3):
                await client.connect()
                end_if_cancelled()
        except LIBRARY_ERRORS as error:
            if isinstance(error, ConnectionError) and client.socket_made and not await self._offered():
                raise security_not_offered(self._connection) from error
            raise self._diagnosed(error) from error

    async def _offered(self) -> bool:
        """Whether the server has the configured security, as far as can be known."""
        with suppress(*LIBRARY_ERRORS):
            async with asyncio.timeout(self._connection.timeout_s):
                return await offers_security(self._connection)
        return True

    async def _allowed_items(self, client: GuardedClient) -> int:
        """Monitored items in one call: ours, or the server's limit where that is lower (0 is none)."""
        limits = ObjectIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall
        node = client.get_node(f"i={limits}")
        try:
            limit = await self._call(node.read_value(), passing=(UaStatusCodeError,))
        except UaStatusCodeError:
            return self._connection.items_per_call  # the node is optional
        wanted = self._connection.items_per_call
        return min(wanted, limit) if isinstance(limit, int) and limit > 0 else wanted

    async def _subscribe(self, client: GuardedClient) -> None:
        asked_ms = self._connection.publishing_interval_ms
        # three keep-alives fit into the time after which silence counts as death
        keep_alive = max(1, int(self._connection.silence_s * 1000 / 3 / asked_ms))
        parameters = ua.CreateSubscriptionParameters(
            RequestedPublishingInterval=asked_ms,
            RequestedLifetimeCount=keep_alive * 10,
            RequestedMaxKeepAliveCount=keep_alive,
            MaxNotificationsPerPublish=0,
            PublishingEnabled=True,
            Priority=0,
        )
        result = await self._call(client.uaclient.create_subscription(parameters, self._on_result))
        self._subscription_id = result.SubscriptionId
        # the server may have revised 20 keep-alives to 27,000: a quiet server is not a dead one
        revised_s = result.RevisedPublishingInterval * result.RevisedMaxKeepAliveCount / 1000
        self._silence_s = max(self._connection.silence_s, revised_s * 1.5)
        self._heard_at = time.monotonic()

    def _on_result(self, result: ua.PublishResult) -> None:
        """Called by the library; it swallows what is raised here, so the work is done in `_deliver`."""
        self._inbox.append((result, utc_now()))
        self._heard_at = time.monotonic()
        self._news.set()

    async def _on_lost(self, error: Exception) -> None:
        """Called by the library when the transport breaks or the server's state cannot be read."""
        self._lost = self._diagnosed(error)
        self._news.set()

    async def _monitor(self, client: GuardedClient, items: dict[int, _Item]) -> None:
        """Create monitored items, in as many calls as the server wants; what fails is marked refused."""
        namespaces = await self._call(client.get_namespace_array())
        waiting: list[tuple[int, _Item, ua.NodeId]] = []
        for handle, item in items.items():
            try:
                waiting.append((handle, item, node_id_of(item.tag.address, namespaces)))
            except UnknownNamespace:
                item.refusal = "unknown"
        size = max(1, self._items_per_call)
        while waiting:
            chunk = waiting[:size]
            try:
                await self._create(client, chunk)
            except _TOO_MUCH_AT_ONCE as error:
                if size == 1:
                    raise self._diagnosed(error) from error
                size = self._items_per_call = max(1, size // 2)
                continue
            del waiting[:size]
        self._tell_refused(item for item in items.values() if item.refusal)
        self._retry_at = time.monotonic() + self._retry_s

    async def _create(self, client: GuardedClient, chunk: Sequence[tuple[int, _Item, ua.NodeId]]) -> None:
        parameters = ua.CreateMonitoredItemsParameters(
            SubscriptionId=self._subscription_id,
            TimestampsToReturn=ua.TimestampsToReturn.Both,
            ItemsToCreate=[self._request(handle, node_id) for handle, _, node_id in chunk],
        )
        results = await self._call(
            client.uaclient.create_monitored_items(parameters), passing=_TOO_MUCH_AT_ONCE
        )
        for (_, item, _), result in zip(chunk, results, strict=False):
            code = result.StatusCode
            item.server_id = result.MonitoredItemId if code.is_good() else 0
            item.refusal = "" if code.is_good() else "unknown" if code.value in _UNKNOWN_NODE else code.name

    def _request(self, handle: int, node_id: ua.NodeId) -> ua.MonitoredItemCreateRequest:
        sampling_ms = self._connection.sampling_interval_ms
        return ua.MonitoredItemCreateRequest(
            ItemToMonitor=ua.ReadValueId(NodeId=node_id, AttributeId=AttributeIds.Value),
            MonitoringMode=ua.MonitoringMode.Reporting,
            RequestedParameters=ua.MonitoringParameters(
                ClientHandle=handle,
                SamplingInterval=sampling_ms,
                # room for every sample of a pause that is just not yet a lost link
                QueueSize=min(
                    1000, max(10, math.ceil(self._connection.silence_s * 1000 / max(1, sampling_ms)))
                ),
                DiscardOldest=True,
            ),
        )

    def _tell_refused(self, items: Iterable[_Item]) -> None:
        """A tag that the server does not know has no value: said once, as a bad sample."""
        if not self.was_up:
            return  # first the link, then what flows over it
        at = utc_now()
        names = [item.tag.name for item in items if item.tag.name not in self._told_bad]
        self._told_bad.update(names)
        if names:
            self._sink.samples([Sample(name, None, Quality.BAD, at, at) for name in names])

    async def _watch(self, client: GuardedClient) -> None:
        woken_at = time.monotonic()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._news.wait()
            self._news.clear()
            end_if_cancelled()
            now = time.monotonic()
            if now - woken_at > TICK_S + 2.0:
                self._heard_at = now  # we slept, not the server: what it sent waits in the socket
            woken_at = now
            self._deliver()  # what came before a loss still counts
            if self._lost is not None:
                raise self._lost
            if now - self._heard_at > self._silence_s:
                raise LinkLost(
                    f"{self._connection.url} sent nothing for {self._silence_s:g} s, not even keep-alives.",
                    "The server may be frozen or overloaded; the connection is made anew.",
                )
            if now >= self._retry_at:
                await self._retry(client)

    def _deliver(self) -> None:
        if not self._inbox:
            return
        inbox, self._inbox = self._inbox, []
        batch: list[Sample] = []
        dropped = 0
        for result, received in inbox:
            message = result.NotificationMessage
            if message.NotificationData:
                dropped += self._gap(message.SequenceNumber)
            for notification in message.NotificationData or ():
                if isinstance(notification, ua.DataChangeNotification):
                    dropped += self._take(notification, received, batch)
                elif isinstance(notification, ua.StatusChangeNotification):
                    self._lost = self._lost or LinkLost(
                        f"{self._connection.url} ended the subscription: {notification.Status.name}.",
                        "The connection is made anew; if this comes often, see the server's log.",
                    )
        self._tell_link()
        if not self.was_up:
            self.was_up = True
            self._tell_refused(item for item in self._items.values() if item.refusal)
        self._link.add_dropped(dropped)
        if batch:
            self._sink.samples(batch)

    def _take(self, changes: ua.DataChangeNotification, received: datetime, batch: list[Sample]) -> int:
        """Append the samples of one notification; the count of values that the server's queues lost."""
        lost = 0
        for change in changes.MonitoredItems:
            item = self._items.get(change.ClientHandle)
            if item is None:
                continue  # of an item that was replaced
            sample, unusable = sample_of(item.tag, change.Value, received)
            batch.append(sample)
            if self._told_bad:
                self._told_bad.discard(item.tag.name)
            code = change.Value.StatusCode.value if change.Value.StatusCode is not None else 0
            lost += overflowed(code)
            if code in _UNKNOWN_NODE:
                item.refusal = "unknown"  # the node was deleted under us
            if unusable:
                self._unusable[item.tag.name] = unusable
            elif self._unusable:
                self._unusable.pop(item.tag.name, None)
        return lost

    def _gap(self, number: int) -> int:
        """Messages missing between the last numbered one and this."""
        expected = self._sequence % _SEQUENCE_NUMBERS + 1
        self._sequence = number
        return (number - expected) % _SEQUENCE_NUMBERS if expected != 1 else 0

    def _tell_link(self) -> None:
        missing = [item.tag.name for item in self._items.values() if item.refusal]
        amiss = [f"{name} is {kind}" for name, kind in sorted(self._unusable.items())]
        amiss += sorted(
            {f"{i.tag.name}: {i.refusal}" for i in self._items.values() if i.refusal not in ("", "unknown")}
        )
        shown = "; ".join(amiss[:5]) + (f"; and {len(amiss) - 5} more" if len(amiss) > 5 else "")
        self._link.up(missing, shown, "Point the tag at a scalar value that may be read." if shown else "")

    async def _retry(self, client: GuardedClient) -> None:
        """Ask again for the items that the server refused; each gets a new handle."""
        refused = {handle: item for handle, item in self._items.items() if item.refusal}
        self._retry_at = time.monotonic() + MISSING_RETRY_FIRST_S
        if not refused or not self.was_up:
            return
        stale = [item.server_id for item in refused.values() if item.server_id]
        if stale:
            parameters = ua.DeleteMonitoredItemsParameters(
                SubscriptionId=self._subscription_id, MonitoredItemIds=stale
            )
            await self._call(client.uaclient.delete_monitored_items(parameters))
        again: dict[int, _Item] = {}
        for handle, item in refused.items():
            del self._items[handle]
            again[self._next_handle] = _Item(item.tag)
            self._next_handle += 1
        self._items.update(again)
        self._retry_s = min(self._retry_s * 2, MISSING_RETRY_LONGEST_S)
        await self._monitor(client, again)
        if len(again) > sum(bool(item.refusal) for item in again.values()):
            self._retry_s = MISSING_RETRY_FIRST_S
        self._tell_link()

    async def _close(self) -> None:
        """End the session, with a limit: a frozen server must not hold up the next attempt."""
        client, self._client = self._client, None
        if client is None:
            return
        # the library forgets this task when the transport is gone, and it would go on for ever
        listening = client.uaclient.session._publish_task
        try:
            with suppress(*LIBRARY_ERRORS):
                async with asyncio.timeout(CLOSE_S):
                    await client.disconnect()
        finally:
            client.disconnect_socket()
            if listening is not None:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
