"""A recording plays as ticks that gather to the recorded bars."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.exchange.calendar import CalendarUnknown
from engines.exchange.phases import Phase
from market.adapters.base import Bars, MalformedReply, Quote, StaleFeed, UnknownSymbol, Unsupported
from market.adapters.replay import MemoryRecording, ReplayData
from market.adapters.replay import tape as tapes
from market.adapters.replay.recording import FileRecording
from market.services.feed import Feed

OPEN = datetime(2026, 1, 5, 3, 45, tzinfo=UTC)  # a Monday, 09:15 IST
KEY = "NSE:RELIANCE"


def bars_from(first: datetime, count: int, step_s: int = 60, *, seed: int = 1) -> Bars:
    draw = np.random.default_rng(seed)
    close = np.round(1000 + np.cumsum(draw.normal(0, 1, count)), 2)
    opening = np.round(close + draw.normal(0, 0.5, count), 2)
    high = np.maximum(opening, close) + np.round(draw.random(count), 2)
    low = np.minimum(opening, close) - np.round(draw.random(count), 2)
    ts = int(first.timestamp()) + step_s * np.arange(count)
    return Bars(ts, opening, high, low, close, draw.integers(0, 1000, count))


def two_days() -> Bars:
    first, second = bars_from(OPEN, 375), bars_from(OPEN + timedelta(days=1), 375, seed=2)
    return tapes.joined(first, second)


def replay(**options: object) -> ReplayData:
    return ReplayData(MemoryRecording({(KEY, "minute"): two_days()}), **options)  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 200), st.sampled_from([60, 300, 900, 3600, 86_400]), st.integers(0, 2**16))
def test_ticks_gather_to_the_very_bars(count: int, step_s: int, seed: int) -> None:
    start = OPEN if step_s < 86_400 else datetime(2026, 1, 5, tzinfo=UTC)
    bars = bars_from(start, count, step_s, seed=seed)
    tape = tapes.tape_of(bars, step_s)
    back = tapes.bars_of(tape, len(tape), step_s)
    for column in ("ts", "open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(back, column), getattr(bars, column))
    assert (np.diff(tape.at) > 0).all()


def test_a_rising_bar_falls_first() -> None:
    bars = Bars(*(np.array([value]) for value in (0, 10.0, 14.0, 9.0, 12.0, 7)))
    tape = tapes.tape_of(bars, 60)
    assert list(tape.price) == [10.0, 9.0, 14.0, 12.0]
    assert list(tape.traded) == [1, 1, 1, 4]
    assert list(tape.at) == [0, 15, 30, 45]


def test_a_quote_is_the_day_so_far() -> None:
    now = OPEN + timedelta(days=1, minutes=10, seconds=20)
    quote = replay().quotes([KEY, "NSE:NOSUCH"], now=now)[KEY]
    whole = two_days()
    assert quote.as_of == OPEN + timedelta(days=1, minutes=10, seconds=15)
    assert quote.open == whole.open[375]
    assert quote.prev_close == whole.close[374]
    assert quote.low <= quote.last_price <= quote.high  # type: ignore[operator]
    assert quote.high >= whole.high[375:385].max()  # type: ignore[operator]
    assert quote.volume == whole.volume[375:385].sum() + 2 * (whole.volume[385] // 4)


def test_nothing_is_known_before_it_plays() -> None:
    it = replay()
    now = OPEN + timedelta(minutes=3, seconds=1)
    bars = it.candles(KEY, "minute", OPEN, OPEN + timedelta(days=9), now=now)
    assert len(bars) == 4
    assert bars.close[-1] == two_days().open[3]
    assert it.quotes([KEY], now=OPEN - timedelta(seconds=1)) == {}
    assert len(it.candles(KEY, "day", OPEN - timedelta(days=1), OPEN, now=OPEN - timedelta(seconds=1))) == 0


def test_coarser_bars_are_gathered_and_finer_ones_are_not_invented() -> None:
    it = replay()
    end = OPEN + timedelta(days=2)
    hours = it.candles(KEY, "60minute", OPEN, end, now=end)
    assert len(hours) == 14
    days = it.candles(KEY, "day", OPEN - timedelta(days=1), end, now=end)
    assert [datetime.fromtimestamp(ts, UTC).date() for ts in days.ts] == [date(2026, 1, 5), date(2026, 1, 6)]
    assert days.high[0] == two_days().high[:375].max()
    coarse = ReplayData(MemoryRecording({(KEY, "15minute"): bars_from(OPEN, 25, 900)}))
    with pytest.raises(Unsupported):
        coarse.candles(KEY, "minute", OPEN, end, now=end)
    with pytest.raises(UnknownSymbol):
        it.candles("NSE:NOSUCH", "day", OPEN, end, now=end)


def test_recorded_days_stand_before_the_minutes() -> None:
    earlier = bars_from(datetime(2026, 1, 1, tzinfo=UTC), 6, 86_400, seed=3)
    recording = MemoryRecording({(KEY, "minute"): two_days(), (KEY, "day"): earlier})
    days = ReplayData(recording).candles(
        KEY, "day", datetime(2026, 1, 1, tzinfo=UTC), OPEN + timedelta(days=2), now=OPEN + timedelta(hours=1)
    )
    assert len(days) == 5  # 1 to 4 January as recorded, the 5th as far as it has played
    assert days.close[3] == earlier.close[3]
    assert days.open[4] == two_days().open[0]


def test_speed_and_start() -> None:
    began = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    it = replay(start=OPEN, began=began, speed=60.0)
    bars = it.candles(KEY, "minute", OPEN, OPEN + timedelta(days=1), now=began + timedelta(seconds=10))
    assert len(bars) == 11  # ten whole minutes and the first tick of the eleventh
    with pytest.raises(ValueError, match="start"):
        replay(speed=2.0)
    with pytest.raises(ValueError, match="positive"):
        replay(start=OPEN, began=began, speed=0.0)


def test_the_clock_keeps_the_recorded_sessions() -> None:
    began = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    clock = replay(start=OPEN, began=began, speed=60.0).clock("NSE")
    assert clock.phase(began) is Phase.OPEN
    assert clock.trade_date(began) == date(2026, 1, 5)
    assert clock.next_change(began) == (Phase.CLOSED, began + timedelta(minutes=375) / 60)
    closed = began + timedelta(minutes=376) / 60
    assert clock.phase(closed) is Phase.CLOSED
    assert clock.trade_date(closed) == date(2026, 1, 5)
    phase, at = clock.next_change(closed)
    assert (phase, at) == (Phase.OPEN, began + timedelta(days=1) / 60)
    assert clock.minutes_to_close(began) == 375
    assert clock.calendar.sessions(date(2026, 1, 1), date(2026, 1, 31)) == [date(2026, 1, 5), date(2026, 1, 6)]
    with pytest.raises(CalendarUnknown):
        clock.calendar.next_session(date(2026, 1, 6))


async def ticks_of(it: ReplayData, moments: list[datetime]) -> list[Quote]:
    source = it.tick_source()
    source.subscribe([KEY, "NSE:NOSUCH"])
    clock, seen = iter(moments), []
    try:
        async for batch in source.run(clock=lambda: next(clock)):
            seen += batch
    except (StopIteration, RuntimeError, StaleFeed) as error:
        seen.append(error)  # type: ignore[arg-type]
    return seen


async def at_once(seconds: float) -> None:
    await asyncio.sleep(0)


def test_every_tick_is_delivered_once_and_the_end_is_said() -> None:
    it = replay(sleep=at_once)
    moments = [OPEN - timedelta(seconds=1), *(OPEN + timedelta(seconds=37 * n) for n in range(200))]
    seen = asyncio.run(ticks_of(it, [*moments, OPEN + timedelta(days=1, hours=8)]))
    assert isinstance(seen[-1], StaleFeed)
    whole = two_days()
    played = seen[:-1]
    assert len(played) == 4 * len(whole)
    minute = [quote.last_price for quote in played if quote.as_of < OPEN + timedelta(minutes=1)]
    assert (minute[0], max(minute), min(minute), minute[-1]) == (
        whole.open[0],
        whole.high[0],
        whole.low[0],
        whole.close[0],
    )


def test_files(tmp_path: Path) -> None:
    rows = ["ts,open,high,low,close,volume"]
    rows += [f"{int(OPEN.timestamp()) + 60 * n},10,12,9,11,{100 + n}" for n in range(3)]
    (tmp_path / "NSE_NIFTY+50.minute.csv").write_text("\n".join(rows))
    (tmp_path / "NSE_M&M.day.csv").write_text("1767571200,10,12,9,11,\n")
    it = FileRecording(tmp_path)
    assert it.symbols() == ["NSE:M&M", "NSE:NIFTY 50"]
    bars = it.load("NSE:NIFTY 50", "minute")
    assert bars is not None
    assert list(bars.volume) == [100, 101, 102]
    unknown = it.load("NSE:M&M", "day")
    assert unknown is not None
    assert list(unknown.volume) == [-1]
    assert it.load("NSE:M&M", "minute") is None
    (tmp_path / "NSE_BAD.day.csv").write_text("1767571200,10,12,9,11,1\n1767571200,10,12,9,11,1\n")
    with pytest.raises(MalformedReply, match=r"NSE_BAD\.day\.csv: bar 2"):
        FileRecording(tmp_path).load("NSE:BAD", "day")
    (tmp_path / "NSE_BAD.day.csv").write_text("not,a,number\n")
    with pytest.raises(MalformedReply, match="every row needs"):
        FileRecording(tmp_path).load("NSE:BAD", "day")


class OffTheLoop(MemoryRecording):
    """A recording that, as the database does, refuses to be read in the event loop's thread."""

    def load(self, symbol: str, interval: str) -> Bars | None:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        return super().load(symbol, interval)


def test_the_feed_reads_a_recording_off_the_event_loop() -> None:
    taken: list[str] = []
    sink = SimpleNamespace(
        take=lambda quotes, source: taken.extend(quote.symbol for quote in quotes), status=lambda status: None
    )
    it = ReplayData(OffTheLoop({(KEY, "minute"): two_days()}))
    feed = Feed(
        it.tick_source,
        [sink],
        interest=lambda: [KEY],
        is_open=lambda now: True,
        now=lambda: OPEN + timedelta(minutes=3),
    )

    async def first_ticks() -> None:
        running = asyncio.ensure_future(feed.run())
        async with asyncio.timeout(5):
            while not taken:
                await asyncio.sleep(0.01)
        running.cancel()

    asyncio.run(first_ticks())
    assert set(taken) == {KEY}
