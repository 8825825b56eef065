"""What a run is asked for, beside the strategy."""

import math
from dataclasses import dataclass, field
from typing import Final

from engines.charges.tables import ChargePlan
from engines.strategy.program import CompiledStrategy

DEFAULT_POSITION_SIZE_PCT: Final = 10.0
DEFAULT_MAX_POSITIONS: Final = 20


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Money and limits of a run. None: the strategy's own value, else the default (10 %, 20 positions, no cap).

    ``capital`` in rupees. ``flat_pct``: percent of each order's value instead of the plan's dated charges.
    ``same_day_sale_credit``: share of an open's sale proceeds that its purchases may use.
    """

    capital: float
    position_size_pct: float | None = None
    max_positions: int | None = None
    max_per_sector: int | None = None
    slippage_bps: float = 0.0
    charges: ChargePlan = field(default_factory=ChargePlan)
    flat_pct: float | None = None
    same_day_sale_credit: float = 1.0
    delist_after_sessions: int = 20
    delist_haircut_pct: float = 20.0

    def __post_init__(self) -> None:
        """Refuse numbers outside their range, naming them."""
        _check("capital", self.capital, 1e-9, 1e15)
        _check("slippage_bps", self.slippage_bps, 0.0, 5_000.0)
        _check("same_day_sale_credit", self.same_day_sale_credit, 0.0, 1.0)
        _check("delist_haircut_pct", self.delist_haircut_pct, 0.0, 100.0)
        _check("delist_after_sessions", self.delist_after_sessions, 1, 10_000)
        optional = {"position_size_pct": (1e-9, 100.0), "max_positions": (1, 10_000), "max_per_sector": (0, 10_000)}
        for name, (low, high) in {**optional, "flat_pct": (0.0, 50.0)}.items():
            value = getattr(self, name)
            if value is not None:
                _check(name, value, low, high)


def _check(name: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise ValueError(f"{name} is a number from {low:g} to {high:g}, was {value}")


@dataclass(frozen=True, slots=True)
class Effective:
    """The caps a run really used. ``max_per_sector`` 0: none."""

    position_size_pct: float
    max_positions: int
    max_per_sector: int


def effective(strategy: CompiledStrategy, config: RunConfig) -> Effective:
    """Return whose caps count: the run's explicit ones, then the strategy's, then the default."""
    return Effective(
        position_size_pct=_first(config.position_size_pct, strategy.sizing.pct, DEFAULT_POSITION_SIZE_PCT),
        max_positions=int(_first(config.max_positions, strategy.max_positions, DEFAULT_MAX_POSITIONS)),
        max_per_sector=int(_first(config.max_per_sector, strategy.max_per_sector, 0)),
    )


def _first(*values: float | None) -> float:
    return next(value for value in values if value is not None)
