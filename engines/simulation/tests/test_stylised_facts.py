"""Daily prices look like a stock market: over 2,000 sessions, 111 stocks, two calendars and several seeds."""

import numpy as np
import pytest

from engines.simulation import DEFAULT_SEED, SimSessions, SimulatedMarket, always_open, from_dates
from engines.simulation.tests.conftest import weekdays

CALENDARS = {"always": always_open(), "exchange": from_dates(weekdays())}
CASES = [(name, seed) for name in CALENDARS for seed in (DEFAULT_SEED, 3, 77)]


def _returns(sessions: SimSessions, seed: int) -> tuple[SimulatedMarket, np.ndarray]:
    market = SimulatedMarket(seed, sessions)
    stocks = [stock.key for stock in market.listing.stocks]
    bars = market.daily(stocks, "2019-01-01", "2026-11-20", until=sessions.close_of(sessions.ordinal_of("2026-11-20")))
    assert bars.close.shape[0] >= 1_500
    assert bars.close.shape[1] >= 100
    return market, np.diff(np.log(bars.close), axis=0)


def _autocorrelation(x: np.ndarray) -> np.ndarray:
    centred = x - x.mean(axis=0)
    return (centred[1:] * centred[:-1]).mean(axis=0) / centred.var(axis=0)


@pytest.mark.parametrize(("calendar", "seed"), CASES)
def test_stylised_facts(calendar: str, seed: int) -> None:
    market, returns = _returns(CALENDARS[calendar], seed)
    volatility = returns.std(axis=0) * np.sqrt(252)
    assert 0.20 < np.median(volatility) < 0.45
    standard = (returns - returns.mean(axis=0)) / returns.std(axis=0)
    kurtosis = (standard**4).mean(axis=0) - 3.0
    assert np.median(kurtosis) > 2.0
    assert np.median(_autocorrelation(np.abs(returns))) > 0.1
    assert abs(np.median(_autocorrelation(returns))) < 0.05
    assert abs(np.mean(_autocorrelation(returns))) < 0.05
    sectors = np.array([stock.sector for stock in market.listing.stocks])
    first, second = np.triu_indices(returns.shape[1], 1)
    pairs = np.corrcoef(returns.T)[first, second]
    same = sectors[first] == sectors[second]
    assert 0.2 < pairs.mean() < 0.5
    assert pairs[same].mean() > pairs[~same].mean() + 0.05
    assert np.abs(returns).max() < 0.25


@pytest.mark.parametrize("calendar", list(CALENDARS))
def test_any_1500_sessions(calendar: str) -> None:
    _, returns = _returns(CALENDARS[calendar], DEFAULT_SEED)
    for part in (returns[:1_500], returns[-1_500:]):
        assert 0.20 < np.median(part.std(axis=0) * np.sqrt(252)) < 0.45
        standard = (part - part.mean(axis=0)) / part.std(axis=0)
        assert np.median((standard**4).mean(axis=0) - 3.0) > 2.0
        assert np.median(_autocorrelation(np.abs(part))) > 0.1
        assert abs(np.median(_autocorrelation(part))) < 0.05
        assert 0.2 < np.corrcoef(part.T)[np.triu_indices(part.shape[1], 1)].mean() < 0.5


def test_indices_follow_their_members(market: SimulatedMarket) -> None:
    listing = market.listing
    stocks = [stock.key for stock in listing.stocks]
    indices = [index for index in listing.indices if index.members]
    bars = market.daily([*stocks, *(i.key for i in indices)], "2019-01-01", "2026-11-20", until=1.9e9)
    returns = np.diff(np.log(bars.close), axis=0)
    column = {key: place for place, key in enumerate(bars.keys)}
    for index in indices:
        weights = np.array([listing.get(key).weight for key in index.members])
        basket = returns[:, [column[key] for key in index.members]] @ (weights / weights.sum())
        assert np.corrcoef(basket, returns[:, column[index.key]])[0, 1] > 0.85, index.key
    nifty, sensex = returns[:, column["NSE:NIFTY 50"]], returns[:, column["BSE:SENSEX"]]
    assert np.corrcoef(nifty, sensex)[0, 1] > 0.97


def test_levels_near_the_familiar_ones(market: SimulatedMarket) -> None:
    expected = {
        "NSE:NIFTY 50": 25_100,
        "NSE:NIFTY BANK": 55_500,
        "BSE:SENSEX": 82_100,
        "NSE:RELIANCE": 1_420,
        "NSE:HDFCBANK": 820,
    }
    close = market.daily(list(expected), "2026-11-20", "2026-11-20", until=1.9e9).close[0]
    assert np.all(np.abs(np.log(close / np.array(list(expected.values())))) < 0.25)


def test_vix_is_the_volatility_of_the_market(market: SimulatedMarket) -> None:
    bars = market.daily(["NSE:INDIA VIX", "NSE:NIFTY 50"], "2019-01-01", "2026-11-20", until=1.9e9)
    vix, nifty = bars.close.T
    assert 12 < np.median(vix) < 20
    assert vix.min() >= 9
    assert vix.max() < 60
    moves = np.abs(np.diff(np.log(nifty)))
    calm, tense = vix[:-1] < np.quantile(vix, 0.3), vix[:-1] > np.quantile(vix, 0.7)
    assert moves[tense].mean() > 1.3 * moves[calm].mean()
    assert np.corrcoef(np.diff(np.log(vix)), np.diff(np.log(nifty)))[0, 1] < -0.2


def test_stocks_move_together_within_the_session(market: SimulatedMarket) -> None:
    row = market.listing.row_of
    correlations = []
    for day in ("2026-11-10", "2026-11-11", "2026-11-12", "2026-11-13"):
        closes = [market.minutes(key, day, until=1.9e9).close for key in ("NSE:NIFTY 50", "NSE:HDFCBANK", "BSE:SENSEX")]
        returns = np.diff(np.log(np.array(closes)), axis=1)
        correlations.append(np.corrcoef(returns)[0])
    assert np.mean(correlations, axis=0)[1] > 0.4
    assert np.mean(correlations, axis=0)[2] > 0.9
    assert "BSE:HDFCBANK" in row
