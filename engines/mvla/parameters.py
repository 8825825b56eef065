"""Every number of the engine, in one dated table. Nothing here is fitted; a change is a new row."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import date, time
from typing import Final

ENGINE_VERSION: Final = "mvla/1.1"

#: Weights of the direction votes; they sum to 1.
VOTE_WEIGHTS: Final = {
    "orb": 0.18,
    "vwap": 0.18,
    "ema": 0.18,
    "supertrend": 0.14,
    "fut_oi": 0.12,
    "opt_oi": 0.12,
    "breadth": 0.08,
}
#: Weights of the parts of strength; they sum to 1.
STRENGTH_WEIGHTS: Final = {"adx": 0.30, "range": 0.20, "volume": 0.20, "momentum": 0.20, "breadth": 0.10}


@dataclass(frozen=True, slots=True)
class Parameters:
    """One state of the rules. Prices in points, shares as fractions, minutes and seconds as their names say."""

    vote_weights: dict[str, float] = field(default_factory=lambda: dict(VOTE_WEIGHTS))
    strength_weights: dict[str, float] = field(default_factory=lambda: dict(STRENGTH_WEIGHTS))

    # Bars
    bar_minutes: int = 5
    atr_bars: int = 14
    ema_fast: int = 9
    ema_slow: int = 21
    supertrend_bars: int = 10
    supertrend_width: float = 3.0
    warm_up_bars: int = 84
    least_sessions: int = 5
    opening_range_start: time = time(9, 15)
    opening_range_end: time = time(9, 30)

    # Direction
    direction_d: float = 0.30
    agreement: float = 0.60
    coverage_live: float = 0.60
    coverage_index_only: float = 0.45
    orb_half: float = 0.5
    orb_atr: float = 0.1
    ema_atr: float = 0.5
    future_oi_full: float = 0.005
    option_oi_reach: int = 5
    option_oi_floor: float = 0.01

    # Strength
    adx_low: float = 15.0
    adx_span: float = 20.0
    range_low: float = 0.8
    range_span: float = 0.8
    volume_low: float = 0.7
    volume_span: float = 1.3
    momentum_full: float = 2.0

    # Momentum validation
    momentum_minutes: int = 15
    momentum_least: float = 0.25
    pause_minutes: int = 5
    pause_most: float = 0.25

    # Hard vetoes
    first_entry: time = time(9, 30)
    last_entry: time = time(15, 0)
    last_entry_expiry: time = time(14, 30)
    vix_jump: float = 0.15
    chop_most: float = 61.8
    circuit_moves: tuple[float, ...] = (0.10, 0.15, 0.20)
    circuit_near: float = 0.003
    halt_gap_minutes: int = 10
    halt_quiet_minutes: int = 15
    stale_s: float = 90.0
    spread_most: float = 0.03
    least_oi_lots: float = 100.0
    least_volume_lots: float = 50.0
    net_rr_least: float = 1.3
    gross_rr_least: float = 1.5
    cost_share_most: float = 0.20

    # Loss aversion
    triggers_a_day: int = 3
    cool_down_same_minutes: int = 30
    cool_down_opposite_minutes: int = 15
    stops_a_day: int = 2
    day_stop_r: float = -2.0
    week_half_r: float = -5.0
    risk_share: float = 0.005
    capital: float = 1_000_000.0

    # Soft multipliers
    expiry_afternoon: time = time(13, 0)
    expiry_afternoon_times: float = 0.85
    lunch_start: time = time(12, 0)
    lunch_end: time = time(13, 15)
    soft_times: float = 0.92
    iv_rank_high: float = 80.0
    gap_share: float = 0.01
    daily_ema: int = 20
    iv_rank_days: int = 252

    # Entry modes
    beyond_atr: float = 0.1
    donchian_bars: int = 20
    volume_breakout: float = 1.2
    pullback_minutes: int = 30
    pullback_atr: float = 0.25
    memory_gap_s: float = 180.0
    continuation_strength: float = 0.70
    continuation_adx: float = 25.0
    reversal_z: float = 2.0
    reversal_d: float = 0.15
    reversal_cap: int = 70
    divergence_recent: int = 5
    divergence_before: int = 15

    # Confidence
    raw_d: float = 0.55
    raw_s: float = 0.45

    # Levels and trades
    reward_risk: float = 5.0 / 3.0
    stop_atr: float = 1.5
    structure_bars: int = 6
    stop_least: float = 0.0008
    stop_most: float = 0.0035
    stop_minutes: int = 15
    target_minutes: int = 30
    premium_kept: float = 0.65
    tick: float = 0.05
    chain_reach: int = 10
    otm_steps: int = 1
    itm_steps: int = 2
    late_expiry: time = time(13, 30)
    late_delta: float = 0.30
    hold_minutes: int = 45
    exit_by: time = time(15, 5)

    @property
    def hash(self) -> str:
        """SHA-256 of the numbers, first 16 hex digits."""
        text = json.dumps(asdict(self), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """Parameters of signals from ``valid_from`` on, with the reason for them."""

    valid_from: date
    parameters: Parameters
    source: str


_FIRST: Final = (
    "Votes: opening range Crabel (1990), Zarattini & Aziz (2023); averages and Supertrend, ATR, ADX Wilder (1978); "
    "choppiness Dreiss. Weights, thresholds, liquidity floors (100 lots open, 50 traded), the structure of six bars "
    "and the divergence windows are our own choice, made before any result was seen."
)

PARAMETERS: Final[tuple[ParameterRow, ...]] = (ParameterRow(date(2000, 1, 1), Parameters(), _FIRST),)


def parameters_on(day: date) -> Parameters:
    """Return the parameters in force on a trade date."""
    return next(row.parameters for row in reversed(PARAMETERS) if row.valid_from <= day)
