"""Types and shifts shared by the indicators."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]


def as_floats(values: npt.ArrayLike) -> Floats:
    """Return a float64 array of shape (T,) or (T, N), infinities turned into NaN. Refuses other shapes."""
    array = np.asarray(values, np.float64)
    if array.ndim not in {1, 2}:
        raise ValueError(f"an indicator takes arrays of shape (T,) or (T, N), was {array.shape}")
    return np.where(np.isinf(array), np.nan, array) if np.isinf(array).any() else array


def as_bars(*columns: npt.ArrayLike) -> list[Floats]:
    """Return several columns as float64 arrays of one shape."""
    arrays = [as_floats(column) for column in columns]
    if len({array.shape for array in arrays}) > 1:
        raise ValueError(f"columns differ in shape: {', '.join(str(array.shape) for array in arrays)}")
    return arrays


def check_window(n: int, least: int = 1) -> None:
    """Refuse a window that is no whole number of at least ``least`` bars."""
    if not isinstance(n, (int, np.integer)) or isinstance(n, bool) or n < least:
        raise ValueError(f"a window is a whole number of at least {least} bars, was {n!r}")


def lag(values: npt.ArrayLike, bars: int) -> Floats:
    """Return the values of ``bars`` bars before; the first ``bars`` are NaN."""
    if bars < 0:
        raise ValueError(f"a lag of {bars} bars would look ahead")
    x = as_floats(values)
    out = np.full_like(x, np.nan)
    out[bars:] = x[: len(x) - bars] if bars < len(x) else x[:0]
    return out


def padded(values: Floats, length: int) -> Floats:
    """Return ``values`` preceded by NaN rows up to ``length``."""
    out = np.full((length, *values.shape[1:]), np.nan)
    if len(values):
        out[length - len(values) :] = values
    return out
