"""An option chain read: strike at the money, forward, mids, volatilities."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from engines.exchange.derivatives import atm_strike, strike_step
from engines.mvla.inputs import Chain, ChainSide, Floats
from engines.options import black76

FROM_MID: Final = "mid"
FROM_BEFORE: Final = "previous"


@dataclass(frozen=True, slots=True)
class Money:
    """``step``: distance of strikes near the money; ``atm``: the strike there; ``forward``: points, None if unknown."""

    step: float
    atm: float
    forward: float | None
    forward_source: str


@dataclass(frozen=True, slots=True)
class Volatility:
    """A yearly fraction and where it is from: the present mid, or the last one that could be solved."""

    value: float
    source: str


def mids(side: ChainSide) -> Floats:
    """Return the middle of bid and ask; NaN where a side is missing or they cross."""
    fine = (side.bid > 0) & (side.ask >= side.bid)
    return np.where(fine, (side.bid + side.ask) / 2.0, np.nan)


def place_of(chain: Chain, strike: float) -> int | None:
    """Return the row of a strike, None where the chain has none."""
    if not len(chain.strikes):
        return None
    at = int(np.argmin(np.abs(chain.strikes - strike)))
    return at if abs(chain.strikes[at] - strike) < 1e-6 else None


def money(index: str, chain: Chain | None, spot: float) -> Money:
    """Return step, strike at the money and forward: the future of the same expiry, else put-call parity there."""
    strikes = chain.strikes.tolist() if chain is not None else ()
    known = 0.0 < spot < math.inf
    step = strike_step(index, strikes, spot if known else None)
    if not known:
        return Money(step, float("nan"), None, "")
    atm = atm_strike(spot, step)
    if chain is None:
        return Money(step, atm, None, "")
    if chain.forward is not None and chain.forward > 0:
        return Money(step, atm, chain.forward, "future")
    at = place_of(chain, atm)
    if at is None:
        return Money(step, atm, None, "")
    call, put = float(mids(chain.call)[at]), float(mids(chain.put)[at])
    if not (call == call and put == put):
        return Money(step, atm, None, "")
    return Money(step, atm, float(black76.parity_forward(call, put, atm, chain.years, chain.rate)), "parity")


def volatilities(
    chain: Chain, forward: float, places: list[int], is_call: bool, previous: dict[str, float]
) -> list[Volatility | None]:
    """Return the volatility of contracts: from the mid, else the previous one (flagged), else None."""
    side = chain.call if is_call else chain.put
    mid = mids(side)[places]
    known = np.isfinite(mid)
    solved, inside = black76.implied_volatility(
        np.where(known, mid, 1.0), forward, chain.strikes[places], chain.years, is_call, chain.rate
    )
    found: list[Volatility | None] = []
    for row, place in enumerate(places):
        before = previous.get(side.symbols[place])
        if known[row] and inside[row]:
            found.append(Volatility(float(solved[row]), FROM_MID))
        elif before is not None:
            found.append(Volatility(before, FROM_BEFORE))
        else:
            found.append(None)
    return found
