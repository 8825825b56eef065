"""The messages of ``/api/ws/ticks``: what clients send, what they get.

A symbol's part of a message is encoded once for each mode, however many clients hold it; a client's message is those
parts joined. Parts are ``str`` because that is what an ASGI text frame carries; they are plain ASCII, so the final
``encode`` is a copy of memory.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, Protocol

import orjson

from core.clock import isoformat_z
from market.stream.symbols import canonical

MODES: Final = ("ltp", "quote", "full")
LTP, QUOTE, FULL = range(3)
MAX_MESSAGE_BYTES: Final = 65_536
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY


class LevelLike(Protocol):
    price: float
    quantity: int
    orders: int


class DepthLike(Protocol):
    buy: Sequence[Any]
    sell: Sequence[Any]


class QuoteLike(Protocol):
    """What the stream needs of a quote; `market.adapters.base.Quote` is one."""

    symbol: str
    last_price: float
    as_of: datetime
    open: float | None
    high: float | None
    low: float | None
    prev_close: float | None
    volume: int | None
    average_price: float | None
    oi: int | None
    bid: float | None
    ask: float | None
    upper_circuit: float | None
    lower_circuit: float | None
    depth: Any


class Record:
    """The latest value of a symbol: the quote, its source, when it arrived (monotonic seconds), whether it is stale."""

    __slots__ = ("_at", "_parts", "quote", "seen_s", "source", "stale", "symbol")

    def __init__(self, quote: QuoteLike, source: str, seen_s: float, *, stale: bool = False) -> None:
        self.symbol = quote.symbol
        self.quote = quote
        self.source = source
        self.seen_s = seen_s
        self.stale = stale
        self._at = ""
        self._parts: list[str | None] = [None] * 6

    @property
    def at(self) -> str:
        """The quote's instant as the messages print it; made when the first of them needs it."""
        if not self._at:
            self._at = isoformat_z(self.quote.as_of)
        return self._at

    def part(self, mode: int, *, with_source: bool = False) -> str:
        """Return ``"EXCHANGE:SYMBOL":{…}`` in a mode (an index into MODES), encoded at the first call."""
        slot = mode + 3 if with_source else mode
        text = self._parts[slot]
        if text is None:
            text = self._parts[slot] = self._encode(mode, with_source)
        return text

    def as_stale(self) -> "Record":
        """Return the same value marked as stale."""
        return Record(self.quote, self.source, self.seen_s, stale=True)

    def _encode(self, mode: int, with_source: bool) -> str:
        value = tick(self.quote, mode) | {"at": self.at}
        if self.stale:
            value["stale"] = True
        if with_source:
            value["data_source"] = self.source
        return orjson.dumps({self.symbol: value}, option=_OPTIONS)[1:-1].decode()


def is_usable(quote: QuoteLike) -> bool:
    """Tell whether a quote may be shown: every tick has a numeric ``ltp``."""
    return math.isfinite(quote.last_price)


def tick(quote: QuoteLike, mode: int) -> dict[str, Any]:
    """Return the fields of a mode. Prices in rupees, percent as a percent number, volume and oi in units."""
    value: dict[str, Any] = {"ltp": round(quote.last_price, 4)}
    if mode == LTP:
        return value
    before = quote.prev_close
    value |= {
        "change": None if before is None else round(quote.last_price - before, 2),
        "change_pct": round((quote.last_price / before - 1) * 100, 2) if before else None,
        "open": quote.open,
        "high": quote.high,
        "low": quote.low,
        "prev_close": before,
        "volume": quote.volume,
        "average_price": quote.average_price,
        "oi": quote.oi,
    }
    if mode == FULL:
        value |= {
            "bid": quote.bid,
            "ask": quote.ask,
            "upper_circuit": quote.upper_circuit,
            "lower_circuit": quote.lower_circuit,
            "depth": None if quote.depth is None else _depth(quote.depth),
        }
    return value


def _depth(depth: DepthLike) -> dict[str, list[dict[str, Any]]]:
    return {"buy": [_level(level) for level in depth.buy], "sell": [_level(level) for level in depth.sell]}


def _level(level: LevelLike) -> dict[str, Any]:
    return {"price": level.price, "quantity": level.quantity, "orders": level.orders}


def ticks_message(records: Sequence[Record], modes: Mapping[str, int], *, dropped: int) -> str:
    """Return a ``ticks`` message. ``modes`` gives the mode of each symbol.

    ``data_source`` stands beside ``data``; only values of several sources in one message each carry their own.
    ``as_of`` is the newest value's instant. ``dropped``: values overtaken unsent since the last message.
    """
    if not records:
        return f'{{"type":"ticks","data":{{}},"data_source":null,"as_of":null,"dropped":{dropped}}}'
    source = records[0].source
    mixed = False
    as_of = ""
    for record in records:
        if record.source != source:
            mixed = True
        if record.at > as_of:  # of one length, so the order of texts is the order of instants
            as_of = record.at
    data = ",".join([record.part(modes[record.symbol], with_source=mixed) for record in records])
    return f'{{"type":"ticks","data":{{{data}}},"data_source":"{source}","as_of":"{as_of}","dropped":{dropped}}}'


def text_frame(text: str) -> bytes:
    """Return a whole WebSocket text frame (RFC 6455, section 5.2), unmasked and without extensions."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2) + payload
    return b"\x81\x7f" + size.to_bytes(8) + payload


def status_message(*, connected: bool, state: str, detail: str, data_source: str | None, at: datetime) -> str:
    """Return a ``status`` message: whether the upstream feed delivers, and of which kind it is."""
    return _text(
        {
            "type": "status",
            "connected": connected,
            "state": state,
            "detail": detail,
            "data_source": data_source,
            "as_of": isoformat_z(at),
        }
    )


def subscribed_message(modes: Mapping[str, int]) -> str:
    """Return a ``subscribed`` message: everything the connection now holds, and the mode of each."""
    held = {symbol: MODES[mode] for symbol, mode in modes.items()}
    return _text({"type": "subscribed", "symbols": list(held), "modes": held})


def error_message(code: str, detail: str, symbols: Sequence[str] = ()) -> str:
    """Return an ``error`` message; ``symbols`` names what was refused."""
    return _text({"type": "error", "code": code, "detail": detail, "symbols": list(symbols)})


def _text(value: dict[str, Any]) -> str:
    return orjson.dumps(value).decode()


class BadMessage(Exception):
    """A client's message that cannot be understood; says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks: symbols are canonical, without repetition, in his order."""

    action: Literal["subscribe", "unsubscribe"]
    symbols: tuple[str, ...]
    mode: int = QUOTE


def parse_request(raw: str | bytes) -> Request:
    """Read a client's message. Raises BadMessage naming the fault."""
    try:
        value = orjson.loads(raw)
    except (orjson.JSONDecodeError, RecursionError) as exc:
        raise BadMessage(f"The message is not valid JSON: {exc}.") from None
    if not isinstance(value, dict):
        raise BadMessage("The message must be a JSON object.")
    action = value.get("action")
    if action not in ("subscribe", "unsubscribe"):
        raise BadMessage("`action` must be subscribe or unsubscribe.")
    mode = value.get("mode", "quote")
    if mode not in MODES:
        raise BadMessage(f"`mode` must be one of {', '.join(MODES)}.")
    return Request(action, _symbols(value.get("symbols")), MODES.index(mode))


def _symbols(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise BadMessage("`symbols` must be a list of at least one symbol such as NSE:INFY.")
    wrong = next((place for place, item in enumerate(value) if not isinstance(item, str) or not item.strip()), None)
    if wrong is not None:
        raise BadMessage(f"`symbols[{wrong}]` must be a symbol such as NSE:INFY.")
    return tuple(dict.fromkeys(canonical(item) for item in value))
