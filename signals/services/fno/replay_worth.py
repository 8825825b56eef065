"""What a replayed signal would have cost and earned: charges in R of the index, and an option priced by a model."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

import numpy as np

from core.clock import IST
from engines.charges.books import Order, charges_of
from engines.charges.rates import STAMP_DUTY_UNIFORM_FROM
from engines.charges.tables import ChargePlan
from engines.exchange.derivatives import atm_strike, lot_size, monthly_expiries, signal_expiry, strike_step
from engines.exchange.naming import INDEX_DERIVATIVE_EXCHANGE
from engines.metrics.risk_free import risk_free_pct
from engines.mvla.inputs import Floats
from engines.mvla.levels import Option, option_levels
from engines.mvla.parameters import parameters_on
from engines.mvla.trades import round_trip
from engines.options import black76
from market.services.exchanges import official_clock
from signals.services.fno.gathering import SETTLED_AT
from signals.services.fno.replay_walk import Fired

#: Tables of charges and lots are of the time from here on; before it the earliest rates known stand in.
TABLES_FROM: Final = STAMP_DUTY_UNIFORM_FROM
VOLATILITY_DAYS: Final = 20
_SESSIONS_A_YEAR: Final = 252
_YEAR_S: Final = 365.0 * 86_400.0
_AHEAD: Final = timedelta(days=70)


@dataclass(frozen=True, slots=True)
class Worth:
    """``cost_r``: charges of buying and selling one lot of the near-month future, in R.

    ``option_net``, ``option_risk``: rupees a lot, after charges, of the option at the money at Black-76 prices with the
    realised volatility of 20 sessions; None where charges or lots of the time are not in the tables.
    """

    cost_r: float
    option_net: float | None
    option_risk: float | None


def worth(signal: Fired, closes: Floats) -> Worth:
    """Return costs and modelled option of a signal. ``closes``: of the sessions before it, ascending."""
    calendar = official_clock(INDEX_DERIVATIVE_EXCHANGE[signal.index]).calendar
    day = signal.trade_date
    expiry = monthly_expiries(signal.index, day, day + _AHEAD, calendar)[0]
    lot = lot_size(signal.index, expiry, day)
    cost = _future_charges(signal, lot) / (signal.distance * lot)
    if day < TABLES_FROM:
        return Worth(cost, None, None)
    at = datetime.fromtimestamp(signal.at_s, IST).time()
    found = _option(signal, signal_expiry(signal.index, day, at, calendar), closes)
    return Worth(cost, *(found or (None, None)))


def _future_charges(signal: Fired, lot: int) -> float:
    orders = [
        Order("buy" if signal.direction == 1 else "sell", Decimal(str(round(signal.spot, 2))) * lot),
        Order("sell" if signal.direction == 1 else "buy", Decimal(str(round(signal.result.price, 2))) * lot),
    ]
    return float(charges_of(orders, on=signal.trade_date, segment="futures", plan=ChargePlan()).total)


def realised_volatility(closes: Floats) -> float | None:
    """Return the yearly deviation of the last 20 daily log returns; None with fewer."""
    if len(closes) < VOLATILITY_DAYS + 1:
        return None
    returns = np.diff(np.log(closes[-VOLATILITY_DAYS - 1 :]))
    return float(returns.std(ddof=1)) * _SESSIONS_A_YEAR**0.5


def _option(signal: Fired, expiry: date, closes: Floats) -> tuple[float, float] | None:
    """Return net result and risk in rupees a lot of the option at the money."""
    volatility = realised_volatility(closes)
    if not volatility:
        return None
    p, rate = parameters_on(signal.trade_date), risk_free_pct(signal.trade_date) / 100.0
    strike = atm_strike(signal.spot, strike_step(signal.index))
    is_call = signal.direction == 1

    def priced(spot: float, at_s: int) -> tuple[float, float, float]:
        years = max((_settled_s(expiry, SETTLED_AT) - at_s) / _YEAR_S, 0.0)
        forward = spot * float(np.exp(rate * years))
        return float(black76.price(forward, strike, years, volatility, is_call, rate)), forward, years

    entry, forward, years = priced(signal.spot, signal.at_s)
    leave, _, _ = priced(signal.result.price, signal.end_s)
    option = Option(strike, years, volatility, is_call, rate)
    levels = option_levels(option, entry=entry, forward=forward, distance=signal.distance, p=p)
    lot = lot_size(signal.index, expiry, signal.trade_date)
    charges = round_trip(signal.index, signal.trade_date, entry, leave, lot)
    return (leave - entry) * lot - charges, levels.risk * lot


def _settled_s(expiry: date, at: time) -> float:
    return datetime.combine(expiry, at, tzinfo=IST).astimezone(UTC).timestamp()
