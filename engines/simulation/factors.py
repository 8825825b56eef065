"""The daily sources of risk: a market with regimes and volatility clustering, sector factors and noises of
single names.

Shocks of a block of sessions come from one Philox stream keyed by (seed, block), so a session's numbers never
depend on how many sessions follow. The recursion is carried from block to block in `FactorState`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engines.simulation.loads import FactorLoads

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

BLOCK = 64
SHOCK_LIMIT = 5.5
VARIANCE_LIMITS = (0.25, 7.0)
# No source moves an instrument further than this in one session (log return).
MOVE_LIMIT = 0.14
# Part of the variance of sectors and single names that follows the market's.
COMMON_VARIANCE = 0.5
# Degrees of freedom of the Student-t shocks: market, sectors, single names.
MARKET_FREEDOM, SECTOR_FREEDOM, OWN_FREEDOM = 6.0, 5.0, 3.8
# GARCH(1,1) of the relative variance: reaction and memory of the market and of everything else; the market
# reacts to falls more.
MARKET_REACTION, MARKET_FALL_REACTION, MARKET_MEMORY = 0.05, 0.11, 0.855
REACTION, MEMORY = 0.15, 0.80
# Pull of each deviation back to its fair-value path, per session of a 252-session year.
MARKET_PULL, SECTOR_PULL, OWN_PULL = 0.011, 0.007, 0.006
# Regimes: calm, normal, stressed. Long-run relative variance, drift per session in market deviations, chance to
# move down or up.
REGIME_VARIANCE = (0.6, 1.0, 3.0)
REGIME_DRIFT = (0.03, 0.0, -0.10)
REGIME_DOWN = (0.0, 1 / 110, 1 / 35)
REGIME_UP = (1 / 100, 1 / 240, 0.0)
VOLUME_MEMORY, VOLUME_NOISE = 0.82, 0.17


@dataclass(slots=True)
class FactorState:
    """Everything the next session depends on: deviations, relative variances, regime and volume mood."""

    deviation: F64
    variance: F64
    regime: int
    volume_mood: F64


@dataclass(frozen=True, slots=True)
class FactorBlock:
    """One block of sessions; arrays are (sessions, sources) unless said.

    gap, intraday: log returns of each source before the open and during the session. deviation: at the close.
    session_variance: variance of the intraday part. shock: standardised total shock. market_variance_next:
    (sessions,) relative variance of the market expected for the following session. volume_mood: (sessions,
    rows) log volume deviation.
    """

    gap: F64
    intraday: F64
    deviation: F64
    session_variance: F64
    shock: F64
    market_variance_next: F64
    volume_mood: F64
    uniforms: F64
    normals: F64


def start_state(loads: FactorLoads, rows: int) -> FactorState:
    sources = len(loads.source_vol)
    return FactorState(np.zeros(sources), np.ones(sources), 1, np.zeros(rows))


def _student(generator: np.random.Generator, freedom: F64, rows: int) -> F64:
    """Student-t shocks scaled to unit variance, cut at `SHOCK_LIMIT`."""
    normal = generator.standard_normal((rows, len(freedom)))
    chi2 = 2.0 * generator.standard_gamma(np.broadcast_to(0.5 * freedom, normal.shape))
    return np.clip(normal * np.sqrt((freedom - 2.0) / chi2), -SHOCK_LIMIT, SHOCK_LIMIT)


def _vector(loads: FactorLoads, market: float, sector: float, own: float) -> F64:
    values = np.full(len(loads.source_vol), own)
    values[0], values[1 : 1 + loads.sector_count] = market, sector
    return values


def _next_regime(regime: int, draw: float) -> int:
    if draw < REGIME_UP[regime]:
        return regime + 1
    if draw > 1.0 - REGIME_DOWN[regime]:
        return regime - 1
    return regime


@dataclass(frozen=True, slots=True)
class _Shocks:
    total: F64
    gap: F64
    intraday: F64
    regime: F64
    volume: F64
    uniforms: F64
    normals: F64


def _draw(seed: int, block: int, loads: FactorLoads, rows: int, overnight_share: float) -> _Shocks:
    generator = np.random.Generator(np.random.Philox(key=np.array([seed & (2**64 - 1), block], np.uint64)))
    total = _student(generator, _vector(loads, MARKET_FREEDOM, SECTOR_FREEDOM, OWN_FREEDOM), BLOCK)
    noise = generator.standard_normal(total.shape) * np.sqrt(overnight_share * (1.0 - overnight_share))
    # Splitting a shock this way leaves the two parts uncorrelated with variances `overnight_share` and its
    # complement.
    gap = overnight_share * total + noise
    return _Shocks(
        total,
        gap,
        total - gap,
        generator.random(BLOCK),
        generator.standard_normal((BLOCK, rows)),
        generator.random((2, BLOCK, rows)),
        generator.standard_normal((BLOCK, 2)),
    )


def _variance_recursion(shock: F64, loads: FactorLoads) -> tuple[F64, F64]:
    """Weight of the long-run variance, and the factor (sessions, sources) on the variance of the session
    before.
    """
    squared = shock**2
    reaction = _vector(loads, MARKET_REACTION, REACTION, REACTION)
    memory = _vector(loads, MARKET_MEMORY, MEMORY, MEMORY) + reaction * squared
    memory[:, 0] += MARKET_FALL_REACTION * squared[:, 0] * (shock[:, 0] < 0)
    market_weight = 1.0 - MARKET_MEMORY - MARKET_REACTION - 0.5 * MARKET_FALL_REACTION
    return _vector(loads, market_weight, 1.0 - MEMORY - REACTION, 1.0 - MEMORY - REACTION), memory


def advance_block(
    seed: int,
    block: int,
    state: FactorState,
    loads: FactorLoads,
    rows: int,
    sessions_per_year: float,
    overnight_share: float,
) -> FactorBlock:
    """The next `BLOCK` sessions; `state` is moved to their end."""
    shocks = _draw(seed, block, loads, rows, overnight_share)
    scale = loads.source_vol / np.sqrt(sessions_per_year)
    pull = _vector(loads, MARKET_PULL, SECTOR_PULL, OWN_PULL) * (252.0 / sessions_per_year)
    weight, memory = _variance_recursion(shocks.total, loads)
    gap, intraday = shocks.gap, shocks.intraday
    shared = _vector(loads, 0.0, COMMON_VARIANCE, COMMON_VARIANCE)
    deviation, variance = np.empty_like(gap), np.empty_like(gap)
    market_next, mood = np.empty(BLOCK), np.empty((BLOCK, rows))
    target, reach = np.ones(len(scale)), np.abs(shocks.total)
    for t in range(BLOCK):
        state.regime = _next_regime(state.regime, float(shocks.regime[t]))
        common = shared * (state.variance[0] - 1.0)
        variance[t] = np.minimum(state.variance * (1.0 + common), VARIANCE_LIMITS[1])
        size = scale * np.sqrt(variance[t])
        size *= np.minimum(1.0, MOVE_LIMIT / np.maximum(size * reach[t], MOVE_LIMIT))
        gap[t] = size * gap[t] - pull * state.deviation
        gap[t, 0] += REGIME_DRIFT[state.regime] * scale[0]
        intraday[t] *= size
        state.deviation = state.deviation + gap[t] + intraday[t]
        target[0] = REGIME_VARIANCE[state.regime]
        state.variance = np.clip(weight * target + memory[t] * state.variance, *VARIANCE_LIMITS)
        state.volume_mood = VOLUME_MEMORY * state.volume_mood + VOLUME_NOISE * shocks.volume[t]
        deviation[t], market_next[t], mood[t] = state.deviation, state.variance[0], state.volume_mood
    session_variance = scale**2 * variance * (1.0 - overnight_share)
    return FactorBlock(
        gap, intraday, deviation, session_variance, shocks.total, market_next, mood, shocks.uniforms, shocks.normals
    )
