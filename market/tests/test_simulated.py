"""The simulated exchange as a source: the engine's numbers in the platform's words."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from market.adapters.base import Quote, UnknownSymbol, Unsupported
from market.adapters.simulated import SimulatedData
from market.adapters.simulated.hours import exchange_calendar, sessions
from market.adapters.simulated.ticks import TURNS, SimulatedTicks
from market.services import providers

NOW = datetime(2026, 10, 6, 7, 0, 20, tzinfo=UTC)  # a Tuesday, 12:30 IST
KEY = "NSE:RELIANCE"


@pytest.fixture(scope="module")
def always() -> SimulatedData:
    return SimulatedData(seed=195, hours="always")


@pytest.fixture(scope="module")
def nse_hours() -> SimulatedData:
    return SimulatedData(seed=195, hours="exchange")


def contract(source: SimulatedData, ending: str, underlying: str = "NIFTY") -> str:
    rows = source.instruments(now=NOW)
    return next(
        f"{row.exchange}:{row.symbol}" for row in rows if row.underlying == underlying and row.symbol.endswith(ending)
    )


def test_two_processes_would_say_the_same(always: SimulatedData) -> None:
    other = SimulatedData(seed=195, hours="always")
    keys = [KEY, "BSE:RELIANCE", "NSE:NIFTY 50", contract(always, "FUT")]
    assert other.quotes(keys, now=NOW) == always.quotes(keys, now=NOW)
    assert SimulatedData(seed=1, hours="always").quotes(keys[:1], now=NOW) != always.quotes(keys[:1], now=NOW)


@pytest.mark.parametrize("ending", ["", "FUT", "CE", "PE"])
def test_the_ticks_of_a_minute_are_its_bar(always: SimulatedData, ending: str) -> None:
    key = contract(always, ending) if ending else KEY
    start = NOW.replace(second=0) - timedelta(minutes=5)
    bars = always.candles(key, "minute", start, start + timedelta(minutes=4), now=NOW)
    ticks = always.market.ticks(key, start, start + timedelta(minutes=5))
    assert len(bars) == 5
    for at in range(5):
        inside = ticks.times_ms // 60_000 == bars.ts[at] // 60
        prices = ticks.price[inside]
        assert (prices[0], prices.max(), prices.min(), prices[-1]) == (
            bars.open[at],
            bars.high[at],
            bars.low[at],
            bars.close[at],
        )
        assert ticks.quantity[inside].sum() == bars.volume[at]


def test_coarser_bars_are_made_of_minutes(always: SimulatedData) -> None:
    start = datetime(2026, 10, 5, 18, 30, tzinfo=UTC)
    minutes = always.candles(KEY, "minute", start, start + timedelta(minutes=59), now=NOW)
    hour = always.candles(KEY, "60minute", start, start, now=NOW)
    assert len(hour) == 1
    assert (hour.open[0], hour.close[0]) == (minutes.open[0], minutes.close[-1])
    assert (hour.high[0], hour.low[0]) == (minutes.high.max(), minutes.low.min())
    assert hour.volume[0] == minutes.volume.sum()


def test_the_day_so_far_is_the_quote(always: SimulatedData) -> None:
    quote = always.quotes([KEY], now=NOW)[KEY]
    day = always.candles(KEY, "day", NOW - timedelta(days=2), NOW, now=NOW)
    assert (quote.open, quote.high, quote.low, quote.last_price) == (
        day.open[-1],
        day.high[-1],
        day.low[-1],
        day.close[-1],
    )
    assert quote.volume == day.volume[-1]
    assert quote.prev_close == day.close[-2]


def test_the_first_hours_of_a_day_in_india_have_their_day_bar(always: SimulatedData) -> None:
    after_midnight = datetime(2026, 10, 5, 19, 0, tzinfo=UTC)  # 6 October, 00:30 IST
    day = always.candles(KEY, "day", after_midnight - timedelta(days=3), after_midnight, now=after_midnight)
    assert datetime.fromtimestamp(int(day.ts[-1]), UTC).date() == date(2026, 10, 6)


def test_a_book_is_around_the_last_price(always: SimulatedData) -> None:
    quote = always.quotes([KEY], now=NOW)[KEY]
    assert quote.depth is not None
    assert len(quote.depth.buy) == len(quote.depth.sell) == 5
    assert quote.depth.buy[0].price <= quote.last_price <= quote.depth.sell[0].price
    bids = [level.price for level in quote.depth.buy]
    assert bids == sorted(bids, reverse=True)
    assert (quote.bid, quote.ask) == (quote.depth.buy[0].price, quote.depth.sell[0].price)
    index = always.quotes(["NSE:NIFTY 50"], now=NOW)["NSE:NIFTY 50"]
    assert (index.depth, index.bid, index.volume, index.upper_circuit) == (None, None, None, None)


def test_option_chains(always: SimulatedData) -> None:
    chain = always.option_chain("NSE:NIFTY 50", None, now=NOW)
    assert chain == always.option_chain("NIFTY", chain.expiry, now=NOW)
    assert chain.lot_size == 65
    assert chain.expiry >= date(2026, 10, 6)
    strikes = [row.strike for row in chain.rows]
    assert strikes == sorted(strikes)
    assert strikes[0] < chain.spot < strikes[-1]
    middle = min(chain.rows, key=lambda row: abs(row.strike - chain.spot))
    assert middle.ce is not None
    assert middle.ce.delta is not None
    assert 0.3 < middle.ce.delta < 0.7
    key = f"NFO:{middle.ce.tradingsymbol}"
    assert always.quotes([key], now=NOW)[key].last_price == middle.ce.last_price
    with pytest.raises(UnknownSymbol, match="RELIANCE"):
        always.option_chain("RELIANCE", None, now=NOW)
    with pytest.raises(UnknownSymbol):
        always.option_chain("NIFTY", date(2026, 10, 7), now=NOW)


def test_contracts_come_and_go(always: SimulatedData) -> None:
    future = contract(always, "FUT")
    quote = always.quotes([future, KEY], now=NOW)[future]
    assert quote.oi is not None
    assert quote.oi > 0
    assert always.quotes([future], now=NOW + timedelta(days=120)) == {}
    assert len(always.candles(future, "day", NOW - timedelta(days=30), NOW, now=NOW)) > 10
    with pytest.raises(UnknownSymbol):
        always.candles("NFO:NIFTY26XYZFUT", "day", NOW - timedelta(days=3), NOW, now=NOW)
    with pytest.raises(Unsupported):
        always.candles(KEY, "tick", NOW - timedelta(days=3), NOW, now=NOW)


def test_nothing_before_the_first_session(always: SimulatedData) -> None:
    early = datetime(2018, 6, 1, tzinfo=UTC)
    assert always.quotes([KEY], now=early) == {}
    assert len(always.candles(KEY, "day", early, early + timedelta(days=9), now=early)) == 0
    history = always.candles(KEY, "day", early, NOW, now=NOW)
    assert datetime.fromtimestamp(int(history.ts[0]), UTC).date() == date(2019, 1, 1)


def test_the_exchanges_hours(nse_hours: SimulatedData) -> None:
    evening = datetime(2026, 10, 6, 15, 0, tzinfo=UTC)
    quote = nse_hours.quotes([KEY], now=evening)[KEY]
    assert quote.as_of < datetime(2026, 10, 6, 10, 0, tzinfo=UTC)
    minutes = nse_hours.candles(KEY, "minute", datetime(2026, 10, 6, tzinfo=UTC), evening, now=evening)
    assert len(minutes) == 375
    assert datetime.fromtimestamp(int(minutes.ts[0]), UTC) == datetime(2026, 10, 6, 3, 45, tzinfo=UTC)
    holiday = datetime(2026, 10, 2, tzinfo=UTC)
    assert len(nse_hours.candles(KEY, "day", holiday, holiday, now=evening)) == 0
    chain = nse_hours.option_chain("NIFTY", None, now=evening)
    assert chain.as_of == datetime(2026, 10, 6, 10, 0, tzinfo=UTC)


def test_the_exchanges_hours_go_on_where_no_list_is_known(nse_hours: SimulatedData) -> None:
    monday = datetime(2027, 1, 4, 5, 0, tzinfo=UTC)
    assert nse_hours.quotes([KEY], now=monday)[KEY].as_of > monday - timedelta(minutes=1)
    assert exchange_calendar().is_session(date(2027, 1, 4))
    assert len(sessions("exchange")) > 5000


def test_a_panel_is_the_candles_side_by_side(always: SimulatedData) -> None:
    keys = [KEY, "BSE:RELIANCE", "NSE:NIFTY 50"]
    matrix = always.daily_matrix(keys, date(2026, 1, 1), date(2026, 10, 6), NOW)
    assert matrix.close.shape == (len(matrix.dates), 3)
    for column, key in enumerate(keys):
        bars = always.candles(key, "day", datetime(2026, 1, 1, tzinfo=UTC), NOW, now=NOW)
        np.testing.assert_array_equal(matrix.close[:, column], bars.close)
    with pytest.raises(UnknownSymbol, match="NSE:NOSUCH"):
        always.daily_matrix([*keys, "NSE:NOSUCH"], date(2026, 1, 1), date(2026, 10, 6), NOW)


def test_the_stream_is_staggered_and_silent_about_what_did_not_move() -> None:
    asked: list[tuple[str, ...]] = []
    symbols = [f"NSE:S{n}" for n in range(40)]

    def ask(wanted: Sequence[str], now: datetime) -> dict[str, Quote]:
        asked.append(tuple(wanted))
        moves = now if "NSE:S0" in wanted else NOW
        return {key: Quote(key, 1.0, moves) for key in wanted}

    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0)

    async def run() -> list[Sequence[Quote]]:
        source = SimulatedTicks(ask, sleep=sleep)
        source.subscribe(symbols)
        seen: list[Sequence[Quote]] = []
        async for batch in source.run(clock=lambda: NOW + timedelta(seconds=len(asked))):
            seen.append(batch)
            if len(asked) > 2 * TURNS:
                break
        return seen

    batches = asyncio.run(run())
    first_second = asked[:TURNS]
    assert sorted(key for turn in first_second for key in turn) == sorted(symbols)
    assert all(turn for turn in first_second)
    assert sum(slept[:TURNS]) == pytest.approx(1.0)
    moving = next(turn for turn in first_second if "NSE:S0" in turn)
    assert [len(batch) for batch in batches[TURNS:]] == [len(moving)] * (len(batches) - TURNS)


def test_the_default_source_is_simulated_and_labelled(always: SimulatedData) -> None:
    providers.reset()
    try:
        sources = providers.registry()
        assert sources.simulated
        batch = sources.quotes([KEY, "NSE:NOSUCH"], now=NOW, for_public=True)
        assert batch.sources == {KEY: "simulated"}
        assert batch.missing == ["NSE:NOSUCH"]
        assert batch.quotes == always.quotes([KEY], now=NOW)
        assert sources.known([KEY, "NSE:NOSUCH", contract(always, "FUT")], now=NOW) == {KEY, contract(always, "FUT")}
        assert sources.tick_source().name == "simulated"
        found = sources.daily_matrix([KEY], date(2026, 1, 1), date(2026, 1, 31), now=NOW)
        assert found is not None
        assert (found[0].close.shape, found[1]) == ((31, 1), "simulated")
    finally:
        providers.reset()
