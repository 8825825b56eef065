"""What the definition of a backtest keeps: positions and the account."""

import math
from dataclasses import dataclass, field
from typing import Any

UNKNOWN_FIELDS = (math.nan,) * 8


@dataclass
class Position:
    """An open position."""

    symbol: int
    entry_day: int
    conviction: float
    rank: int
    factor: float
    quantity: int
    cost: float
    charges: float
    first_fill: float
    stops: dict[str, float]
    targets: dict[str, float]
    last_close: float
    highest_high: float
    lowest_low: float
    last_bar: int
    bars: int = -1
    highest_close: float = -math.inf
    addons: int = 0
    addon_due: bool = False
    due: tuple[str, int] | None = None
    stuck: int = 0
    fields: tuple[float, ...] = UNKNOWN_FIELDS
    previous: tuple[float, ...] = UNKNOWN_FIELDS


@dataclass
class Account:
    """The simulated account and its record."""

    cash: float
    equity: float
    locked: float = 0.0
    held: dict[int, Position] = field(default_factory=dict)
    sold_today: set[int] = field(default_factory=set)
    trades: list[dict[str, Any]] = field(default_factory=list)
    equity_curve: list[float] = field(default_factory=list)
    cash_curve: list[float] = field(default_factory=list)
    skipped: list[tuple[str, int, int]] = field(default_factory=list)
    added: list[tuple[int, int, int, float]] = field(default_factory=list)
    fees: float = 0.0
    stuck_days: int = 0
