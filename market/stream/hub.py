"""Spreads the latest value of every symbol to the connections that hold it.

Ticks are not a log: a client is owed the latest value of each of its symbols, so what waits for it is a map bounded by
its subscription. Values that arrive within ``conflate_s`` travel in one message. Nothing here blocks and nothing here
knows the database; everything runs in the event loop's thread.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from market.stream import codec
from market.stream.client import Client, Made
from market.stream.codec import QuoteLike, Record

TOO_SLOW = 1013
SIGNED_OUT = 4401
BAD_ORIGIN = 4403
TOO_MANY_SOCKETS = 4429
TOO_BIG = 1009


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the stream (contract, section 4; reliability 1.6). Times in seconds."""

    symbols_a_connection: int = 500
    sockets_a_user: int = 10
    conflate_s: float = 0.05
    send_deadline_s: float = 5.0
    stale_after_s: float = 10.0
    sweep_s: float = 0.5


@dataclass(frozen=True, slots=True)
class Status:
    """Whether the upstream feed delivers: ``state`` is live, delayed, simulated, replay or down."""

    connected: bool
    state: str
    detail: str = ""


class TooManySockets(Exception):
    """The user has as many connections as he may."""


class Hub:
    """Connections, their subscriptions, the latest values, and the state of the feed behind them.

    ``now`` and ``monotonic`` are the clocks. ``is_open(symbol, now)`` tells whether ticks are due now: outside market
    hours silence is no fault. ``on_interest`` is called when the set of held symbols has changed.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        is_open: Callable[[str, datetime], bool],
        limits: Limits | None = None,
        on_interest: Callable[[], None] = lambda: None,
    ) -> None:
        self.limits = limits or Limits()
        self.status = Status(connected=False, state="down", detail="The price source is not connected yet.")
        self.data_source: str | None = None
        self.on_interest = on_interest
        self.clients: set[Client] = set()
        self._now, self._monotonic, self._is_open = now, monotonic, is_open
        self._latest: dict[str, Record] = {}
        self._holders: dict[str, set[Client]] = {}
        self._sockets: Counter[int] = Counter()
        self._changed: dict[str, Record] = {}
        self._dirty: set[Client] = set()
        self._flush: asyncio.TimerHandle | None = None
        self._flushed_s = float("-inf")

    def join(self, user_id: int) -> Client:
        """Add a connection of a user; it is told the feed's status. Raises TooManySockets."""
        if self._sockets[user_id] >= self.limits.sockets_a_user:
            raise TooManySockets
        self._sockets[user_id] += 1
        client = Client(user_id, monotonic=self._monotonic)
        self.clients.add(client)
        client.tell_status(self._status_text())
        return client

    def leave(self, client: Client) -> None:
        """Forget a connection."""
        if client not in self.clients:
            return
        self.clients.discard(client)
        self._dirty.discard(client)
        self._sockets[client.user_id] -= 1
        if self._sockets[client.user_id] <= 0:
            del self._sockets[client.user_id]
        self._let_go(client, list(client.modes))

    def room(self, client: Client, symbols: Sequence[str]) -> tuple[list[str], list[str]]:
        """Split ``symbols`` into those the connection may hold besides what it holds, and those above its limit."""
        free = self.limits.symbols_a_connection - len(client.modes)
        taken: list[str] = []
        refused: list[str] = []
        for symbol in symbols:
            if symbol in client.modes:
                taken.append(symbol)
            elif free > 0:
                free -= 1
                taken.append(symbol)
            else:
                refused.append(symbol)
        return taken, refused

    def subscribe(self, client: Client, symbols: Iterable[str], mode: int) -> None:
        """Let the connection hold ``symbols`` (checked by the caller) in a mode, with the last known values."""
        if client not in self.clients:
            return  # left while its symbols were being looked up
        self._settle()  # so that a value which comes with the subscription does not come again with the window
        held = list(symbols)
        client.hold(held, mode)
        fresh = False
        known: list[Record] = []
        for symbol in held:
            holders = self._holders.get(symbol)
            if holders is None:
                holders = self._holders[symbol] = set()
                fresh = True
            holders.add(client)
            if (record := self._latest.get(symbol)) is not None:
                known.append(self._aged(record))
        client.offer(known)
        if fresh:
            self.on_interest()

    def unsubscribe(self, client: Client, symbols: Iterable[str]) -> None:
        """Let the connection hold ``symbols`` no longer; what it does not hold is ignored."""
        held = [symbol for symbol in symbols if symbol in client.modes]
        client.let_go(held)
        self._let_go(client, held)

    def confirm(self, client: Client) -> None:
        """Tell the connection everything it holds now."""
        client.tell(codec.subscribed_message(client.modes))

    def _let_go(self, client: Client, symbols: Collection[str]) -> None:
        gone = False
        for symbol in symbols:
            holders = self._holders.get(symbol)
            if holders is None:
                continue
            holders.discard(client)
            if not holders:
                del self._holders[symbol]
                gone = True
        if gone:
            self.on_interest()

    def interest(self) -> set[str]:
        """Return every symbol that some connection holds."""
        return set(self._holders)

    def wanting(self, symbols: Iterable[str]) -> list[str]:
        """Return those of ``symbols`` of which no value is known, or only one that has been silent for too long."""
        before_s = self._monotonic() - self.limits.stale_after_s
        records = ((symbol, self._latest.get(symbol)) for symbol in symbols)
        return [symbol for symbol, record in records if record is None or record.seen_s <= before_s]

    def publish(self, quotes: Iterable[QuoteLike], source: str) -> None:
        """Take values that the feed delivered. One without a finite price is left out."""
        seen_s = self._monotonic()
        self.data_source = source
        for quote in quotes:
            if codec.is_usable(quote):
                self._put(Record(quote, source, seen_s))
        self._schedule()

    def seed(self, quotes: Mapping[str, QuoteLike], sources: Mapping[str, str]) -> None:
        """Take values that were asked for, where the feed has delivered none that is newer."""
        now, seen_s = self._now(), self._monotonic()
        for symbol, quote in quotes.items():
            if not codec.is_usable(quote):
                continue
            age_s = max(0.0, (now - quote.as_of).total_seconds())
            before = self._latest.get(symbol)
            if before is None or before.seen_s < seen_s - age_s:
                self._put(self._aged(Record(quote, sources[symbol], seen_s - age_s)))
        self._schedule()

    def _put(self, record: Record) -> None:
        self._latest[record.symbol] = record
        if record.symbol in self._holders:
            self._changed[record.symbol] = record

    def _due(self) -> dict[Client, list[Record]]:
        """Take what has changed in this window, by connection: one round of them instead of one a value."""
        changed, self._changed = self._changed, {}
        due: dict[Client, list[Record]] = {}
        for symbol, record in changed.items():
            for client in self._holders.get(symbol, ()):
                records = due.get(client)
                if records is None:
                    due[client] = [record]
                else:
                    records.append(record)
        return due

    def _settle(self) -> None:
        """Let what has changed so far wait with those who hold it now."""
        for client, records in self._due().items():
            client.offer(records)
            self._dirty.add(client)

    def _schedule(self) -> None:
        """Send to the changed connections: at once after a quiet time, else when the window has passed."""
        if (self._changed or self._dirty) and self._flush is None:
            self._arm(self._flushed_s + self.limits.conflate_s - self._monotonic())

    def _arm(self, wait_s: float) -> None:
        self._flush = asyncio.get_running_loop().call_later(max(0.0, wait_s), self._flush_dirty)

    def _flush_dirty(self) -> None:
        now_s = self._monotonic()
        early_s = self._flushed_s + self.limits.conflate_s - now_s
        if early_s > 0.001:  # uvloop counts a delay from the beginning of its turn, and a turn with many sends is long
            self._arm(early_s)
            return
        self._flush = None
        self._flushed_s = now_s
        dirty, self._dirty = self._dirty, set()
        made: Made = {}
        for client, records in self._due().items():
            client.flush(records, made)
        for client in dirty:
            client.wake()

    def set_status(self, status: Status) -> None:
        """Tell every connection how the feed does, if that has changed."""
        if status == self.status:
            return
        self.status = status
        text = self._status_text()
        for client in self.clients:
            client.tell_status(text)

    def _status_text(self) -> str:
        return codec.status_message(
            connected=self.status.connected,
            state=self.status.state,
            detail=self.status.detail,
            data_source=self.data_source,
            at=self._now(),
        )

    async def run(self) -> None:
        """Look after deadlines and silence until cancelled."""
        while True:
            await asyncio.sleep(self.limits.sweep_s)
            self.sweep()

    def sweep(self) -> None:
        """Close connections that take too long to send to, and mark held symbols that are silent in market hours."""
        now_s = self._monotonic()
        for client in self.clients:
            busy_since_s = client.busy_since_s
            if busy_since_s is not None and now_s - busy_since_s >= self.limits.send_deadline_s:
                client.close(TOO_SLOW, "too slow: the last message could not be sent in time")
        self._mark_silent(now_s)

    def _mark_silent(self, now_s: float) -> None:
        before_s = now_s - self.limits.stale_after_s
        for symbol in self._holders:
            record = self._latest.get(symbol)
            if record is not None and not record.stale and record.seen_s <= before_s:
                aged = self._aged(record)
                if aged is not record:
                    self._put(aged)
        self._schedule()

    def _aged(self, record: Record) -> Record:
        """Return ``record``, marked as stale if it has been silent for too long in market hours."""
        silent = record.seen_s <= self._monotonic() - self.limits.stale_after_s
        if record.stale or not silent or not self._is_open(record.symbol, self._now()):
            return record
        return record.as_stale()

    def statistics(self) -> dict[str, int]:
        """Return sizes for the health report."""
        return {"sockets": len(self.clients), "symbols": len(self._holders), "values": len(self._latest)}
