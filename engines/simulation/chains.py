"""Option chains: one expiry's strikes with prices, sensitivities, volume and open interest."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from engines.options import black76
from engines.simulation import openinterest
from engines.simulation.answers import OptionChain, OptionSide
from engines.simulation.contracts import option
from engines.simulation.contract_specs import IndexSpec
from engines.simulation.futures import CARRY_RATE
from engines.simulation.options import OptionSession
from engines.simulation.quotes import QuoteDesk
from engines.simulation.surface import total_variance, years_left

F64 = npt.NDArray[np.float64]


@lru_cache(maxsize=64)
def _symbols(
    spec: IndexSpec, expiry: np.datetime64, weekly: bool, first: float, count: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    strikes = [first + spec.strike_step * step for step in range(count)]
    calls, puts = (tuple(option(spec, expiry, weekly, strike, kind).symbol for strike in strikes) for kind in ("CE", "PE"))
    return calls, puts


def build(desk: QuoteDesk, session: OptionSession, now_ms: int) -> OptionChain:
    """The chain of an option session at an instant."""
    state = session.state(now_ms)
    strikes, spec = session.strikes, session.spec
    minute = min(state.minute, session.minutes - 1)
    moments = session.moments(np.array([minute]))
    forward = state.spot * session.growth
    years = float(session.years(np.array([minute]))[0])
    volatility = np.sqrt(total_variance(np.log(strikes / forward), moments.theta, spec.skew) / years)
    previous, before, after = desk.option_facts(session)
    interest = openinterest.interest_so_far(before / session.lot, after / session.lot, state.minute, session.minutes) * session.lot
    books = desk.option_books(session, now_ms, state.last)
    symbols = _symbols(spec, session.expiry, session.weekly, float(strikes[0]), len(strikes))

    def side(which: int) -> OptionSide:
        greeks = black76.greeks(forward, strikes, years, volatility, which == 0, CARRY_RATE)
        return OptionSide(
            symbols[which], state.last[which], books.bid[which], books.ask[which], previous[which], volatility, greeks.delta,
            greeks.gamma, greeks.theta, greeks.vega, state.volume[which].astype(np.int64), interest[which].astype(np.int64),
            before[which].astype(np.int64), books.buy_quantity[which], books.sell_quantity[which],
        )

    shown = float(years_left(min(now_ms / 1_000.0, session.open_s + 60.0 * session.minutes), session.expiry_s))
    atm = spec.strike_step * np.floor(state.spot / spec.strike_step + 0.5)
    return OptionChain(
        spec.name, spec.key, session.expiry, session.weekly, session.lot, state.spot, round(forward, 2), CARRY_RATE, shown,
        float(atm), strikes, side(0), side(1), now_ms,
    )
