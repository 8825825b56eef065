"""A recording as a source of quotes, candles and ticks."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta

from market.adapters.base import (
    Bars,
    Capabilities,
    ListedInstrument,
    OptionChain,
    Quote,
    StaleFeed,
    UnknownSymbol,
    Unsupported,
)
from market.adapters.replay import tape as tapes
from market.adapters.replay.clock import RecordedClock, sessions_of
from market.adapters.replay.recording import STEPS, Recording
from market.adapters.replay.tape import Tape

REFERENCE = "NSE:NIFTY 50"
ENDED_AFTER_S = 3600.0


class ReplayTime:
    """The replay's clock: ``start`` plays at the wall's ``began``, and ``speed`` seconds a second from there.

    Without a ``start`` the replay plays at the platform's own time (set CLOCK_START to go back to the recording).
    """

    def __init__(self, start: datetime | None, began: datetime | None, speed: float) -> None:
        if not speed > 0:
            raise ValueError(f"the speed of a replay must be positive, was {speed}")
        if start is None and speed != 1.0:
            raise ValueError("a replay at another speed than 1 needs a start")
        if start is not None and began is None:
            raise ValueError("a replay with a start needs the instant at which it began")
        self._start, self._speed, self._began = start, speed, began

    def recorded(self, now: datetime) -> datetime:
        """Return the recorded instant that plays at ``now``."""
        if self._start is None or self._began is None:
            return now
        return self._start + (now - self._began) * self._speed

    def wall(self, recorded: datetime) -> datetime:
        """Return when ``recorded`` plays."""
        if self._start is None or self._began is None:
            return recorded
        return self._began + (recorded - self._start) / self._speed


class ReplayData:
    """`market.adapters.base.MarketData` over a `Recording`. Thread-safe.

    Quotes and candles are those of the recorded instant that plays now, and carry recorded times. What it plays was
    imported or recorded, so ``data_source`` is ``import``.
    """

    name = "replay"
    data_source = "import"
    capabilities = Capabilities(
        candles=frozenset(STEPS), ticks=True, max_symbols_per_quote=500, calls_per_second=1000.0, instruments=True
    )

    def __init__(
        self,
        recording: Recording,
        *,
        start: datetime | None = None,
        began: datetime | None = None,
        speed: float = 1.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._recording = recording
        self.time = ReplayTime(start, began, speed)
        self._sleep = sleep
        self._lock = threading.RLock()
        self._tapes: dict[str, tuple[Tape, int] | None] = {}
        self._clock: RecordedClock | None = None

    def quotes(self, symbols: Sequence[str], *, now: datetime) -> dict[str, Quote]:
        instant_s = self.time.recorded(now).timestamp()
        found = {}
        for symbol in symbols:
            tape = self.tape(symbol)
            upto = tape[0].until(instant_s) if tape else 0
            if tape and upto:
                found[symbol] = quote_at(symbol, tape[0], upto)
        return found

    def candles(self, symbol: str, interval: str, start: datetime, end: datetime, *, now: datetime) -> Bars:
        if interval not in STEPS:
            raise Unsupported(f"a replay has no {interval} candles", provider=self.name, symbol=symbol)
        found = self.tape(symbol)
        if found is None:
            raise UnknownSymbol(f"the recording does not have {symbol}", provider=self.name, symbol=symbol)
        tape, base_s = found
        if STEPS[interval] < base_s:
            raise Unsupported(
                f"{symbol} was recorded in bars of {base_s} s, which hold no {interval} candles",
                provider=self.name,
                symbol=symbol,
            )
        upto = tape.until(self.time.recorded(now).timestamp())
        bars = tapes.bars_of(tape, upto, STEPS[interval])
        if interval == "day" and base_s < STEPS["day"]:
            bars = self._with_older_days(symbol, bars, self.time.recorded(now))
        return tapes.part(bars, start.timestamp(), min(end, self.time.recorded(now)).timestamp())

    def option_chain(self, underlying: str, expiry: date | None, *, now: datetime) -> OptionChain:
        raise Unsupported("a replay has no option chains", provider=self.name, symbol=underlying)

    def instruments(self, *, now: datetime) -> Sequence[ListedInstrument]:
        keys = (symbol.partition(":") for symbol in self._recording.symbols())
        return [
            ListedInstrument(exchange, symbol, symbol, segment, segment)
            for exchange, _, symbol in keys
            for segment in ["INDEX" if " " in symbol or symbol == "SENSEX" else "EQ"]
            if exchange in ("NSE", "BSE")
        ]

    def clock(self, exchange: str) -> RecordedClock:
        """Return the clock of the recorded sessions; all exchanges keep those of the reference symbol."""
        with self._lock:
            if self._clock is None:
                symbols = self._recording.symbols()
                reference = REFERENCE if REFERENCE in symbols else next(iter(symbols), "")
                found = self.tape(reference)
                self._clock = RecordedClock(sessions_of(found[0], found[1]) if found else [], self.time)
            return self._clock

    def tick_source(self) -> "ReplayTicks":
        return ReplayTicks(self, sleep=self._sleep)

    def tape(self, symbol: str) -> tuple[Tape, int] | None:
        """Return the ticks of ``symbol`` from its finest bars, and the seconds of those; None if it has none."""
        with self._lock:
            if symbol not in self._tapes:
                self._tapes[symbol] = self._load(symbol)
            return self._tapes[symbol]

    def _load(self, symbol: str) -> tuple[Tape, int] | None:
        for interval, step_s in STEPS.items():
            bars = self._recording.load(symbol, interval)
            if bars is not None and len(bars):
                return tapes.tape_of(bars, step_s), step_s
        return None

    def _with_older_days(self, symbol: str, bars: Bars, until: datetime) -> Bars:
        """Day bars are usually recorded for longer than minutes: put those before the first ticks in front."""
        days = self._recording.load(symbol, "day")
        if days is None or not len(days):
            return bars
        before = bars.ts[0] - 1 if len(bars) else (until - timedelta(days=1)).timestamp()
        return tapes.joined(tapes.part(days, 0, before), bars)


def quote_at(symbol: str, tape: Tape, upto: int) -> Quote:
    """Return the quote after the first ``upto`` ticks of a tape (at least one)."""
    today = tape.of_day(upto)
    prices = tape.price[today]
    oi = int(tape.oi[upto - 1])
    return Quote(
        symbol=symbol,
        last_price=float(prices[-1]),
        as_of=datetime.fromtimestamp(int(tape.at[upto - 1]), UTC),
        open=float(prices[0]),
        high=float(prices.max()),
        low=float(prices.min()),
        prev_close=float(tape.price[today.start - 1]) if today.start else None,
        volume=int(tape.traded[today].sum()) if tape.counts else None,
        oi=oi if oi >= 0 else None,
    )


class ReplayTicks:
    """The replay's ticks, every one of them, in batches of one recorded instant each."""

    name = "replay"

    def __init__(self, data: ReplayData, *, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._data = data
        self._sleep = sleep
        self._symbols: tuple[str, ...] = ()

    def prepare(self, symbols: Sequence[str]) -> None:
        """Read the recordings of ``symbols``; blocks (a recording may be a database), so call it off the event loop."""
        for symbol in symbols:
            self._data.tape(symbol)

    def subscribe(self, symbols: Sequence[str]) -> None:
        self._symbols = tuple(dict.fromkeys(symbols))

    async def run(self, *, clock: Callable[[], datetime]) -> AsyncIterator[Sequence[Quote]]:
        """Yield what plays until cancelled. Raises StaleFeed an hour of recorded time after the last tick."""
        played: dict[str, int] = {}
        while True:
            instant = self._data.time.recorded(clock())
            batches, left = self._due(played, instant.timestamp())
            for _, batch in sorted(batches.items()):
                yield batch
            if self._symbols and not left:
                raise StaleFeed("the recording is over", provider=self.name)
            await self._sleep(0.25)

    def _due(self, played: dict[str, int], instant_s: float) -> tuple[dict[int, list[Quote]], bool]:
        """Return the quotes due by instant, and whether any symbol has ticks to come."""
        batches: dict[int, list[Quote]] = {}
        left = False
        for symbol in self._symbols:
            found = self._data.tape(symbol)
            if found is None:
                continue
            tape, upto = found[0], found[0].until(instant_s)
            left = left or upto < len(tape) or instant_s < tape.at[-1] + ENDED_AFTER_S
            for tick in range(played.get(symbol, max(0, upto - 1)) + 1, upto + 1):
                batches.setdefault(int(tape.at[tick - 1]), []).append(quote_at(symbol, tape, tick))
            played[symbol] = upto
        return batches, left
