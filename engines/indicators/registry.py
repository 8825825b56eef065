"""Indicators by name, and tokens such as ``sma20``, ``bb20_2`` or ``supertrend10_3``.

The charts, the strategy language and the scans share this list: a name means one function everywhere.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engines.indicators import derived, smoothing, volume, windows
from engines.indicators.arrays import Floats

OVERLAY: Final = "overlay"  # drawn over the prices
PANE: Final = "pane"  # drawn below, on a scale of its own
MAX_WINDOW: Final = 400


@dataclass(frozen=True, slots=True)
class Param:
    """One number of an indicator. ``whole`` ones count bars."""

    name: str
    default: float
    least: float = 2
    most: float = MAX_WINDOW
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Indicator:
    """What an indicator is called, needs and gives.

    ``function(*inputs, **params)`` takes the columns named in ``inputs`` (open, high, low, close, volume, session)
    and returns one array per name in ``outputs`` (a bare array when there is one). ``warm_up(params)`` is the
    number of bars until values are settled, for recursive indicators four times their length.
    """

    name: str
    title: str
    function: Callable[..., Floats | tuple[Floats, ...]]
    inputs: tuple[str, ...]
    params: tuple[Param, ...] = ()
    outputs: tuple[str, ...] = ("value",)
    place: str = PANE
    settle: int = 1

    def warm_up(self, params: Mapping[str, float]) -> int:
        """Return the bars before values are settled."""
        return self.settle * int(sum(params[param.name] for param in self.params if param.whole))


def _pick(function: Callable[..., tuple[Floats, ...]], position: int) -> Callable[..., Floats]:
    return lambda *columns, **params: function(*columns, **params)[position]


def _column(values: npt.ArrayLike) -> Floats:
    return np.asarray(values, np.float64)


_HLC: Final = ("high", "low", "close")
_C: Final = ("close",)
_N14: Final = (Param("n", 14),)
_N20: Final = (Param("n", 20),)
_BB: Final = (Param("n", 20), Param("width", 2.0, 0.1, 10.0, whole=False))
_MACD: Final = (Param("fast", 12), Param("slow", 26), Param("signal", 9))
_ST: Final = (Param("n", 10), Param("multiplier", 3.0, 0.1, 20.0, whole=False))
_STOCH: Final = (Param("n", 14), Param("smooth", 3, 1), Param("signal", 3, 1))

_PRICES: Final = tuple(
    Indicator(name, name.capitalize(), _column, (name,), place=OVERLAY) for name in ("open", "high", "low", "close")
)

_AVERAGES: Final = (
    Indicator("sma", "Simple moving average", windows.sma, _C, _N20, place=OVERLAY),
    Indicator("ema", "Exponential moving average", smoothing.ema, _C, _N20, place=OVERLAY, settle=4),
    Indicator("wma", "Weighted moving average", windows.wma, _C, _N20, place=OVERLAY),
    Indicator("highest", "Highest high", windows.rolling_max, ("high",), _N20, place=OVERLAY),
    Indicator("lowest", "Lowest low", windows.rolling_min, ("low",), _N20, place=OVERLAY),
    Indicator("stdev", "Standard deviation", windows.rolling_std, _C, _N20),
    Indicator("roc", "Rate of change, %", windows.roc, _C, (Param("n", 20, 1),)),
)

_CHANNELS: Final = (
    Indicator("bb", "Bollinger bands", windows.bollinger, _C, _BB, ("upper", "middle", "lower"), OVERLAY),
    Indicator("bb_upper", "Upper Bollinger band", _pick(windows.bollinger, 0), _C, _BB, place=OVERLAY),
    Indicator("bb_lower", "Lower Bollinger band", _pick(windows.bollinger, 2), _C, _BB, place=OVERLAY),
    Indicator(
        "donchian", "Donchian channel", windows.donchian, ("high", "low"), _N20, ("upper", "middle", "lower"), OVERLAY
    ),
    Indicator("supertrend", "Supertrend", smoothing.supertrend, _HLC, _ST, ("line", "direction"), OVERLAY, 4),
    Indicator("vwap", "VWAP of the session", volume.vwap, (*_HLC, "volume", "session"), place=OVERLAY),
)

_OSCILLATORS: Final = (
    Indicator("rsi", "Relative strength index", smoothing.rsi, _C, _N14, settle=4),
    Indicator("atr", "Average true range", smoothing.atr, _HLC, _N14, settle=4),
    Indicator("adx", "Average directional index", smoothing.adx, _HLC, _N14, settle=4),
    Indicator(
        "dmi", "Directional movement", smoothing.directional_index, _HLC, _N14, ("adx", "plus_di", "minus_di"), settle=4
    ),
    Indicator("plus_di", "+DI", _pick(smoothing.directional_index, 1), _HLC, _N14, settle=4),
    Indicator("minus_di", "-DI", _pick(smoothing.directional_index, 2), _HLC, _N14, settle=4),
    Indicator("chop", "Choppiness index", smoothing.choppiness, _HLC, _N14),
    Indicator("macd", "MACD line", _pick(smoothing.macd, 0), _C, _MACD, settle=4),
    Indicator("macd_signal", "MACD signal", _pick(smoothing.macd, 1), _C, _MACD, settle=4),
    Indicator("macd_full", "MACD", smoothing.macd, _C, _MACD, ("line", "signal", "histogram"), settle=4),
    Indicator("stoch", "Stochastic", windows.stochastic, _HLC, _STOCH, ("k", "d")),
)

_OTHERS: Final = (
    Indicator("volume", "Volume", _column, ("volume",)),
    Indicator("obv", "On-balance volume", volume.obv, ("close", "volume")),
    Indicator("value", "Traded value", volume.traded_value, ("close", "volume")),
    Indicator("rel_volume", "Relative volume", volume.relative_volume, ("volume",), _N20),
    Indicator("true_range", "True range", smoothing.true_range, _HLC),
    Indicator("drawdown", "Fall from the high, %", windows.drawdown, ("high", "close"), _N20),
    Indicator("days_since_high", "Bars since the high", windows.bars_since_high, ("high",), (Param("n", 252),)),
    Indicator("mom_12_1", "Momentum 12-1, %", derived.momentum_12_1, _C),
    Indicator("mom_6_1", "Momentum 6-1, %", derived.momentum_6_1, _C),
    Indicator("vol_1y", "Volatility of a year, %", derived.volatility_1y, _C),
    Indicator("gap_pct", "Opening gap, %", derived.gap_pct, ("open", "close")),
)

INDICATORS: Final[dict[str, Indicator]] = {
    indicator.name: indicator for indicator in (*_PRICES, *_AVERAGES, *_CHANNELS, *_OSCILLATORS, *_OTHERS)
}


def compute(
    indicator: Indicator,
    params: Mapping[str, float],
    bars: Mapping[str, npt.ArrayLike],
    on: str | None = None,
) -> dict[str, Floats]:
    """Return the outputs of an indicator over ``bars``, by output name.

    ``on`` replaces the column of an indicator with a single input (``sma`` of ``high``). Raises ValueError when a
    column is missing or ``on`` does not apply.
    """
    inputs: Sequence[str] = indicator.inputs
    if on is not None:
        if len(inputs) != 1:
            raise ValueError(f"{indicator.name} needs {', '.join(inputs)}; it cannot be computed on {on!r} alone")
        inputs = (on,)
    missing = [name for name in inputs if name not in bars]
    if missing:
        raise ValueError(f"{indicator.name} needs the column {missing[0]!r}; given: {', '.join(bars)}")
    whole = {param.name for param in indicator.params if param.whole}
    numbers = {name: int(value) if name in whole else float(value) for name, value in params.items()}
    result = indicator.function(*(bars[name] for name in inputs), **numbers)
    arrays = result if isinstance(result, tuple) else (result,)
    return dict(zip(indicator.outputs, arrays, strict=True))
