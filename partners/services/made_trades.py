"""Trades for a direction that a test scenario forces: contracts as the simulated exchange names them, priced by
Black-76 at one volatility, and chosen, levelled, costed and ranked by the engine as live ones are. No chain is asked
for.
"""

import math
from datetime import datetime, time, timedelta
from typing import Any, Final

import numpy as np

from core.errors import DataUnavailable
from engines.exchange.calendar import CalendarUnknown
from engines.exchange.clock import ExchangeClock, session_time
from engines.exchange.contract_names import index_option_name
from engines.exchange.derivatives import ContractRuleUnknown, atm_strike, lot_size, signal_expiry, strike_step
from engines.exchange.naming import INDEX_DERIVATIVE_EXCHANGE
from engines.figures import number, plain
from engines.metrics.risk_free import risk_free_pct
from engines.mvla import payload
from engines.mvla.chains import money
from engines.mvla.inputs import Chain, ChainSide, DayFacts, Floats, Moment, SessionFacts
from engines.mvla.parameters import parameters_on
from engines.mvla.trades import pick
from engines.options import black76
from market.services.exchanges import clock_for
from market.services.sandbox import simulated_only

VOLATILITY: Final = 0.13
#: Of the index: how far away the stop is, and the chance of moving so far our way first that confidence 80 stands for.
_STOP_SHARE, _CHANCE = 0.002, 0.6
#: Strikes on each side of the money, and what is open and traded in each, lots: enough for every filter.
_REACH, _LOTS = 5, 5000
_SETTLED_AT: Final = time(15, 30)
_LEAST: Final = timedelta(hours=1)
_YEAR: Final = timedelta(days=365)
#: The index where not even the simulated market has a price: levels of November 2026, about.
_USUAL: Final = {"NIFTY": 25_000.0, "BANKNIFTY": 56_000.0, "FINNIFTY": 26_500.0, "SENSEX": 82_000.0}


def made_trades(index: str, *, way: int, spot: float | None, now: datetime) -> dict[str, Any]:
    """Return what an analysis with these trades says: ``trades``, and the keys of it that follow from them.

    ``way``: LONG or SHORT. Raises DataUnavailable where the rules know no contract.
    """
    price = spot or _USUAL[index]
    try:
        with simulated_only():
            exchange_clock = clock_for(INDEX_DERIVATIVE_EXCHANGE[index])
            moment = _moment(index, price, exchange_clock, now)
    except (CalendarUnknown, ContractRuleUnknown):
        raise DataUnavailable(f"The simulated market knows no option of {index} for this date.") from None
    parameters, found = parameters_on(moment.session.trade_date), money(index, moment.chain, price)
    picked = pick(moment, found, way, _STOP_SHARE * price, _CHANCE, 1.0, parameters)
    trades = [payload.trade(one) for one in picked.trades]
    return {
        "spot_price": number(price, 2),
        "atm_strike": plain(found.atm),
        "expiry": trades[0]["expiry"],
        "lot_size": trades[0]["lot_size"],
        "trades": trades,
    }


def _moment(index: str, spot: float, exchange_clock: ExchangeClock, now: datetime) -> Moment:
    day, at = exchange_clock.trade_date(now), session_time(exchange_clock, now)
    chain = _chain(index, spot, exchange_clock, now)
    return Moment(index, now.timestamp(), spot, SessionFacts(day, at), DayFacts(), chain=chain)


def _chain(index: str, spot: float, exchange_clock: ExchangeClock, now: datetime) -> Chain:
    day, calendar = exchange_clock.trade_date(now), exchange_clock.calendar
    expiry = signal_expiry(index, day, session_time(exchange_clock, now), calendar)
    lot, step = lot_size(index, expiry, day), strike_step(index)
    strikes = atm_strike(spot, step) + step * np.arange(-_REACH, _REACH + 1, dtype=np.float64)
    years = max(exchange_clock.instant_of(expiry, _SETTLED_AT) - now, _LEAST) / _YEAR
    rate = risk_free_pct(day) / 100.0
    forward = spot * math.exp(rate * years)

    def side(right: str) -> ChainSide:
        names = tuple(index_option_name(index, expiry, strike, right, calendar) for strike in strikes.tolist())
        return _side(names, black76.price(forward, strikes, years, VOLATILITY, right == "CE", rate), lot)

    return Chain(expiry, strikes, side("CE"), side("PE"), lot, years, rate, now.timestamp(), forward)


def _side(names: tuple[str, ...], prices: Floats, lot: int) -> ChainSide:
    tick = 0.05
    ltp = np.maximum(np.round(prices / tick) * tick, 2 * tick).round(2)
    many = np.full(len(names), float(_LOTS * lot))
    return ChainSide(names, (ltp - tick).round(2), (ltp + tick).round(2), ltp, many, many)
