"""What a simulation answers: arrays, not rows. Rupees, percent numbers, days as panel rows."""

from collections.abc import Mapping
from dataclasses import dataclass

from engines.backtest.config import Effective
from engines.backtest.layout import FIXED_REASON_NAMES, FIXED_REASONS, Floats, Ints


@dataclass(frozen=True, slots=True)
class Trades:
    """Closed round trips in the order of their exits, each column (M,).

    ``entry_price`` and ``exit_price`` are fills, slippage included (the first an average with add-ons). ``pnl`` is net
    of ``charges``; ``pnl_pct`` of what the shares cost. ``exit_signal_day``: close after which the exit was ordered
    (stops: the bar itself). ``bars_held``: bars of the symbol after the entry bar, that of the exit included.
    ``mfe_pct``, ``mae_pct``: best and worst price while held, against the entry price. ``reason``: see
    `BacktestResult.reason_names`. ``stuck_days``: days a due exit could not be filled. ``risk``: rupees between the
    first fill and its fixed stop for the whole quantity, NaN without one. ``entry_factor``, ``exit_factor``: the
    panel's adjustment on the two days; a price divided by it is the unadjusted one.
    """

    symbol: Ints
    entry_day: Ints
    exit_day: Ints
    exit_signal_day: Ints
    reason: Ints
    quantity: Ints
    entry_price: Floats
    exit_price: Floats
    pnl: Floats
    pnl_pct: Floats
    charges: Floats
    bars_held: Ints
    conviction: Floats
    rank: Ints
    mfe_pct: Floats
    mae_pct: Floats
    addons: Ints
    stuck_days: Ints
    risk: Floats
    entry_factor: Floats
    exit_factor: Floats

    def __len__(self) -> int:
        """Return the number of closed round trips."""
        return len(self.symbol)


@dataclass(frozen=True, slots=True)
class OpenPositions:
    """Positions at the last close, marked there and not closed; columns (P,)."""

    symbol: Ints
    entry_day: Ints
    quantity: Ints
    entry_price: Floats
    last_price: Floats
    charges: Floats
    bars_held: Ints
    conviction: Floats
    stuck_days: Ints


@dataclass(frozen=True, slots=True)
class Addons:
    """Add-ons bought, of closed and open positions, by day; columns (K,). ``price``: slippage included."""

    day: Ints
    symbol: Ints
    quantity: Ints
    price: Floats


@dataclass(frozen=True, slots=True)
class Skipped:
    """Orders for candidates that bought nothing. ``count``: (R,); ``names``: (R,).

    ``day`` and ``symbol``: (R, 20), the first examples of each reason, valid up to the count.
    """

    names: tuple[str, ...]
    count: Ints
    day: Ints
    symbol: Ints


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """A simulated account from panel row ``first`` to ``last``, both included, D days.

    ``equity``, ``cash``: (D,) at the closes. ``bought``, ``sold``: values of all fills. ``costs``: rupees by kind.
    ``stuck_days``: days exits waited for a bar that could fill them. ``caps``: the caps in force.
    """

    first: int
    last: int
    capital: float
    equity: Floats
    cash: Floats
    trades: Trades
    open: OpenPositions
    addons: Addons
    skipped: Skipped
    costs: Mapping[str, float]
    bought: float
    sold: float
    stuck_days: int
    caps: Effective
    rule_names: tuple[str, ...]

    @property
    def positions_value(self) -> Floats:
        """Return (D,) the value of all positions at the closes."""
        return self.equity - self.cash

    def reason_name(self, reason: int) -> str:
        """Return the name of a trade's reason: that of an exit rule, or a fixed one such as ``stop_loss``."""
        return self.rule_names[reason] if reason < FIXED_REASONS else FIXED_REASON_NAMES[reason - FIXED_REASONS]
