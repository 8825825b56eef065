"""Option chains: parity, no static arbitrage at the prices shown, sensible sensitivities and open interest."""

from itertools import pairwise

import numpy as np
import pytest

from engines.options import black76
from engines.simulation import OptionChain, SimulatedMarket
from engines.simulation.tests.conftest import NOW

INDICES = ("NIFTY", "BANKNIFTY", "FINNIFTY", "SENSEX")


def _instants(market: SimulatedMarket) -> list[float]:
    """Instants over 2020-2026: opens, closes, expiry days, random moments."""
    generator = np.random.default_rng(4)
    sessions = market.sessions
    first, last = sessions.ordinal_of("2020-01-06"), sessions.ordinal_of("2026-11-20")
    chosen = generator.integers(first, last, 5)
    moments = [sessions.open_of(o) + generator.random() * 60 * sessions.minutes[o] for o in chosen]
    tuesday = sessions.ordinal_of("2026-11-17")
    return [*moments, sessions.open_of(tuesday), sessions.close_of(tuesday) - 0.5, NOW.timestamp()]


def _check_one_expiry(chain: OptionChain) -> None:
    strikes, step = chain.strikes, chain.strikes[1] - chain.strikes[0]
    discount = np.exp(-chain.rate * chain.years)
    call, put = chain.call.last_price, chain.put.last_price
    assert np.abs(call - put - (chain.spot - discount * strikes)).max() < 0.001 * chain.spot
    assert np.abs(call - put - discount * (chain.forward - strikes)).max() < 0.001 * chain.spot
    for side, sign in ((call, -1.0), (put, 1.0)):
        slope = np.round(sign * np.diff(side), 2)
        assert slope.min() >= 0.0
        assert slope.max() <= step
        assert slope.max() <= discount * step + 0.05
        assert np.round(np.diff(side, 2), 2).min() >= 0.0
    assert np.all(call >= discount * np.maximum(chain.forward - strikes, 0.0) - 0.05)
    assert np.all(put >= discount * np.maximum(strikes - chain.forward, 0.0) - 0.05)
    for side in (chain.call, chain.put):
        assert np.all(side.bid <= side.last_price)
        assert np.all(side.last_price <= side.ask)
        assert np.all(side.bid < side.ask)
        assert np.all(side.last_price >= 0.05)
        for prices in (side.bid, side.ask, side.last_price):
            assert np.allclose(prices / 0.05, np.rint(prices / 0.05), atol=1e-6)


@pytest.mark.parametrize("calendar", ["market", "exchange_hours"])
@pytest.mark.parametrize("index", INDICES)
def test_no_static_arbitrage(index: str, calendar: str, request: pytest.FixtureRequest) -> None:
    market = request.getfixturevalue(calendar)
    for now in _instants(market):
        chains = [market.chain(index, expiry, now) for expiry in market.expiries(index, now)]
        assert len(chains) >= 3
        for chain in chains:
            _check_one_expiry(chain)
        for near, far in pairwise(chains):
            assert np.array_equal(near.strikes, far.strikes)
            assert np.round(far.call.last_price - near.call.last_price, 2).min() >= 0.0, (index, now, far.expiry)


def test_vix_is_the_at_the_money_volatility_of_a_month(market: SimulatedMarket) -> None:
    for now in _instants(market)[:4]:
        vix = market.quotes(["NSE:INDIA VIX"], now).last_price[0]
        chains = [market.chain("NIFTY", expiry, now) for expiry in market.expiries("NIFTY", now)]
        years = np.array([chain.years for chain in chains])
        at_money = np.array([np.interp(c.forward, c.strikes, c.call.implied_volatility) for c in chains])
        month = np.interp(30 / 365, years, at_money)
        assert 100 * month == pytest.approx(vix, abs=1.2)


def test_sensitivities(market: SimulatedMarket) -> None:
    chain = market.chain("NIFTY", market.expiries("NIFTY", NOW)[2], NOW)
    call, put = chain.call, chain.put
    assert np.all(np.diff(call.delta) < 1e-9)
    assert np.allclose(call.delta - put.delta, np.exp(-chain.rate * chain.years), atol=1e-3)
    middle = int(np.searchsorted(chain.strikes, chain.atm_strike))
    assert 0.4 < call.delta[middle] < 0.6
    assert np.argmax(call.gamma) == pytest.approx(middle, abs=12)
    assert np.all(call.vega >= 0)
    assert call.theta[middle] < 0
    implied, exists = black76.implied_volatility(
        call.last_price[middle - 8 : middle + 8],
        chain.forward,
        chain.strikes[middle - 8 : middle + 8],
        chain.years,
        True,
        chain.rate,
    )
    assert exists.all()
    assert np.allclose(implied, call.implied_volatility[middle - 8 : middle + 8], atol=0.004)
    below, above = put.implied_volatility[middle - 20], call.implied_volatility[middle + 20]
    assert below > above
    assert below > call.implied_volatility[middle]


def test_open_interest_and_volume(market: SimulatedMarket) -> None:
    chain = market.chain("NIFTY", None, NOW)
    for side in (chain.call, chain.put):
        for column in (side.volume, side.open_interest, side.open_interest_day_open):
            assert np.all(column >= 0)
            assert np.all(column % chain.lot == 0)
        assert np.any(side.open_interest != side.open_interest_day_open)
    near = np.abs(chain.strikes / chain.spot - 1.0) < 0.03
    thousands, odd = near & (chain.strikes % 500 == 0), near & (chain.strikes % 100 == 50)
    total = chain.call.open_interest + chain.put.open_interest
    assert total[thousands].mean() > 1.5 * total[odd].mean()
    calls_above = chain.call.open_interest[chain.strikes > chain.spot].sum()
    puts_below = chain.put.open_interest[chain.strikes < chain.spot].sum()
    assert 0.3 < puts_below / calls_above < 3.0
    later = market.chain("NIFTY", None, NOW.timestamp() + 3_600)
    assert np.all(later.call.volume >= chain.call.volume)
    assert np.array_equal(later.call.open_interest_day_open, chain.call.open_interest_day_open)


def test_chain_and_quotes_agree(market: SimulatedMarket) -> None:
    chain = market.chain("SENSEX", None, NOW)
    places = np.searchsorted(chain.strikes, chain.atm_strike) + np.array([-40, -3, 0, 5, 60])
    keys = [f"BFO:{chain.call.symbols[p]}" for p in places] + [f"BFO:{chain.put.symbols[p]}" for p in places]
    quotes = market.quotes(keys, NOW)
    for name in ("last_price", "bid", "ask", "previous_close", "volume", "open_interest", "open_interest_day_open"):
        shown = np.concatenate([getattr(chain.call, name)[places], getattr(chain.put, name)[places]])
        assert np.array_equal(getattr(quotes, name), shown), name
    assert market.quotes(["BSE:SENSEX"], NOW).last_price[0] == chain.spot
