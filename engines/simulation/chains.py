"""Option chains: one expiry's strikes with prices, sensitivities, volume and open interest."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from engines.options import black76
from engines.simulation import openinterest
from engines.simulation.answers import OptionChain, OptionSide
from engines.simulation.contract_specs import IndexSpec
from engines.simulation.contracts import option
from engines.simulation.futures import CARRY_RATE
from engines.simulation.options import OptionSession, OptionState
from engines.simulation.quotes import QuoteDesk
from engines.simulation.surface import total_variance, years_left

F64 = npt.NDArray[np.float64]


@lru_cache(maxsize=64)
def _symbols(
    spec: IndexSpec, expiry: np.datetime64, weekly: bool, first: float, count: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    strikes = [first + spec.strike_step * step for step in range(count)]
    calls, puts = (
        tuple(option(spec, expiry, weekly, strike, kind).symbol for strike in strikes) for kind in ("CE", "PE")
    )
    return calls, puts


def build(desk: QuoteDesk, session: OptionSession, now_ms: int) -> OptionChain:
    """The chain of an option session at an instant."""
    state = session.state(now_ms)
    sides = _sides(desk, session, state, now_ms)
    shown = min(now_ms / 1_000.0, session.open_s + 60.0 * session.minutes)
    step = session.spec.strike_step
    return OptionChain(
        name=session.spec.name,
        underlying=session.spec.key,
        expiry=session.expiry,
        weekly=session.weekly,
        lot=session.lot,
        spot=state.spot,
        forward=round(state.spot * session.growth, 2),
        rate=CARRY_RATE,
        years=float(years_left(shown, session.expiry_s)),
        atm_strike=float(step * np.floor(state.spot / step + 0.5)),
        strikes=session.strikes,
        call=sides[0],
        put=sides[1],
        as_of_ms=now_ms,
    )


def _sides(desk: QuoteDesk, session: OptionSession, state: OptionState, now_ms: int) -> list[OptionSide]:
    """Calls and puts."""
    strikes, spec, lot = session.strikes, session.spec, session.lot
    minute = np.array([min(state.minute, session.minutes - 1)])
    theta, years = session.moments(minute).theta, float(session.years(minute)[0])
    forward = state.spot * session.growth
    volatility = np.sqrt(total_variance(np.log(strikes / forward), theta, spec.skew) / years)
    previous, before, after = desk.option_facts(session)
    interest = lot * openinterest.interest_so_far(before / lot, after / lot, state.minute, session.minutes)
    books = desk.option_books(session, now_ms, state.last)
    symbols = _symbols(spec, session.expiry, session.weekly, float(strikes[0]), len(strikes))
    sides = []
    for which in (0, 1):
        greeks = black76.greeks(forward, strikes, years, volatility, which == 0, CARRY_RATE)
        sides.append(
            OptionSide(
                symbols=symbols[which],
                last_price=state.last[which],
                bid=books.bid[which],
                ask=books.ask[which],
                previous_close=previous[which],
                implied_volatility=volatility,
                delta=greeks.delta,
                gamma=greeks.gamma,
                theta=greeks.theta,
                vega=greeks.vega,
                volume=state.volume[which].astype(np.int64),
                open_interest=interest[which].astype(np.int64),
                open_interest_day_open=before[which].astype(np.int64),
                buy_quantity=books.buy_quantity[which],
                sell_quantity=books.sell_quantity[which],
            )
        )
    return sides
