"""What test scenarios make up is what a live answer could be: contracts that exist, prices that hang together."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from core import clock
from core.errors import DataUnavailable
from engines.exchange.calendar import CalendarUnknown
from engines.exchange.contract_names import index_option_name
from engines.exchange.derivatives import lot_size, signal_expiry, strike_step
from engines.exchange.naming import INDEX_DERIVATIVE_EXCHANGE, INDEX_KEYS
from engines.metrics.risk_free import risk_free_pct
from engines.mvla.trades import round_trip
from engines.options import black76
from market.services.exchanges import clock_for
from market.services.providers import registry
from market.services.sandbox import simulated_only
from partners.constants import INDICES, Environment
from partners.services import scenarios
from partners.services.engines import TRADE_KEYS, fno_analysis
from partners.services.made_trades import VOLATILITY, made_trades
from partners.services.scenarios import forced_fno
from partners.tests.test_engines import live, market, test_api  # noqa: F401 - fixtures
from partners.tests.test_surface import _fresh, partner  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db
SPOTS = {"NIFTY": 25_143.7, "BANKNIFTY": 55_262.0, "FINNIFTY": 26_024.9, "SENSEX": 82_451.3}
STEPS = {"NIFTY": 50, "BANKNIFTY": 100, "FINNIFTY": 50, "SENSEX": 100}
WAYS = {"bullish": (1, "CE"), "bearish": (-1, "PE")}
#: A quiet day, the last hours of a weekly contract, year's end, before the open.
TIMES = [
    datetime(2026, 11, 26, 6, 30, tzinfo=UTC), datetime(2026, 12, 1, 7, 45, tzinfo=UTC),
    datetime(2026, 12, 1, 8, 30, tzinfo=UTC), datetime(2026, 12, 31, 9, 59, tzinfo=UTC),
    datetime(2026, 11, 29, 1, 0, tzinfo=UTC),
]  # fmt: skip


@pytest.mark.parametrize("now", TIMES)
@pytest.mark.parametrize("index", INDICES)
@pytest.mark.parametrize("way", [1, -1])
def test_made_trades_hang_together(index, way, now):
    made = made_trades(index, way=way, spot=SPOTS[index], now=now)
    with simulated_only():
        ticking = clock_for(INDEX_DERIVATIVE_EXCHANGE[index])
    day, step = ticking.trade_date(now), STEPS[index]
    expiry = signal_expiry(index, day, ticking.market_time(now), ticking.calendar)
    atm = round(SPOTS[index] / step) * step
    by = {trade["type"]: trade for trade in made["trades"]}
    assert step == strike_step(index)
    assert (made["atm_strike"], made["expiry"]) == (atm, expiry.isoformat())
    assert made["lot_size"] == lot_size(index, expiry, day)
    assert [by[kind]["strike"] for kind in ("ATM", "OTM", "ITM")] == [atm, atm + way * step, atm - 2 * way * step]
    assert by["OTM"]["ltp"] < by["ATM"]["ltp"] < by["ITM"]["ltp"]
    assert abs(by["OTM"]["delta"]) < abs(by["ATM"]["delta"]) < abs(by["ITM"]["delta"])
    assert sorted(trade["rank"] for trade in by.values()) == [1, 2, 3]
    right = "CE" if way > 0 else "PE"
    for trade in by.values():
        assert trade["option_type"] == right
        assert trade["tradingsymbol"] == index_option_name(index, expiry, trade["strike"], right, ticking.calendar)
        assert trade["sl"] < trade["entry_price"] < trade["target"]
        lost = round_trip(index, day, trade["entry_price"], trade["sl"], trade["lot_size"])
        risk = (trade["entry_price"] - trade["sl"]) * trade["lot_size"]
        assert trade["max_loss_per_lot"] == pytest.approx(risk + lost, abs=0.01)
        assert trade["max_loss_per_lot"] > risk > 0
    held_against_black76(by.values(), SPOTS[index], ticking, expiry, day, now)


def held_against_black76(trades, spot, ticking, expiry, day, now):
    settled = ticking.instant_of(expiry, datetime(2026, 1, 1, 15, 30).time())
    years = max(settled - now, timedelta(hours=1)) / timedelta(days=365)
    rate = risk_free_pct(day) / 100
    forward = spot * 2.718281828459045 ** (rate * years)
    for trade in trades:
        call = trade["option_type"] == "CE"
        fair = float(black76.price(forward, trade["strike"], years, VOLATILITY, call, rate))
        assert trade["ltp"] == pytest.approx(max(fair, 0.1), abs=0.03)
        assert trade["iv"] == pytest.approx(VOLATILITY, abs=0.005)
        greeks = black76.greeks(forward, trade["strike"], years, trade["iv"], call, rate)
        assert trade["delta"] == pytest.approx(float(greeks.delta), abs=0.002)


def test_the_contracts_are_listed_on_the_simulated_exchange(test_api):  # noqa: F811
    now = clock.now()
    for index in INDICES:
        with simulated_only():
            spot = registry().quotes([INDEX_KEYS[index]], now=now).quotes[INDEX_KEYS[index]].last_price
            for way in (1, -1):
                made = made_trades(index, way=way, spot=spot, now=now)
                day = date.fromisoformat(made["expiry"])
                chain, _ = registry().option_chain(INDEX_KEYS[index], day, now=now)
                names = {side.tradingsymbol for row in chain.rows for side in (row.ce, row.pe) if side is not None}
                assert {trade["tradingsymbol"] for trade in made["trades"]} <= names
                assert chain.lot_size == made["lot_size"]


@pytest.mark.parametrize("scenario", WAYS)
@pytest.mark.parametrize("index", INDICES)
def test_an_order_can_be_made_of_every_forced_trade(test_api, index, scenario):  # noqa: F811
    analysis = live(test_api, index, scenario).json()["analysis"]
    assert {trade["expiry"] for trade in analysis["trades"]} == {analysis["expiry"]}
    for trade in analysis["trades"]:
        assert set(trade) == set(TRADE_KEYS)
        assert trade["tradingsymbol"].startswith(index)
        assert trade["tradingsymbol"].endswith(f"{trade['strike']}{WAYS[scenario][1]}")
        assert trade["lot_size"] == analysis["lot_size"] > 0
        assert trade["max_loss_per_lot"] > 0
        assert trade["strike"] % STEPS[index] == 0


def test_trades_that_are_there_are_kept(test_api, monkeypatch):  # noqa: F811
    now = clock.now()
    found = fno_analysis("NIFTY", environment=Environment.TEST, now=now)
    mine = {"trade_direction": "BULLISH", "trades": [{"type": "ATM"}]}
    assert forced_fno(found | mine, "bullish", index="NIFTY", now=now)["trades"] == mine["trades"]
    assert len(forced_fno(found | mine, "bearish", index="NIFTY", now=now)["trades"]) == 3
    monkeypatch.setattr(scenarios, "made_trades", SimpleNamespace())
    assert forced_fno(found | mine, "bullish", index="NIFTY", now=now)["trades"] == mine["trades"]


def test_beyond_the_calendar_no_contract_is_made_up(monkeypatch):
    def beyond(exchange):
        raise CalendarUnknown("BSE", 2031)

    monkeypatch.setattr("partners.services.made_trades.clock_for", beyond)
    with pytest.raises(DataUnavailable, match="no option of SENSEX"):
        made_trades("SENSEX", way=1, spot=None, now=TIMES[0])


@pytest.mark.parametrize("index", INDICES)
def test_a_market_without_a_price_has_usual_ones(index):
    made = made_trades(index, way=1, spot=None, now=TIMES[0])
    assert (len(made["trades"]), made["atm_strike"] % STEPS[index]) == (3, 0)
