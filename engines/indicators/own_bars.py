"""Indicators over a symbol's own bars: missing bars are skipped, not filled."""

from collections.abc import Callable

import numpy as np

from engines.indicators.arrays import Floats, as_bars


def on_own_bars(function: Callable[..., Floats | tuple[Floats, ...]], *columns: Floats) -> tuple[Floats, ...]:
    """Apply ``function`` to one symbol's bars without the missing ones and put the results back in place.

    A bar is missing when any of ``columns`` (shape (T,)) is not finite there; its result is NaN. Always returns a
    tuple, also for functions with one output.
    """
    arrays = as_bars(*columns)
    if any(array.ndim != 1 for array in arrays):
        raise ValueError("own bars are those of one symbol: columns of shape (T,) are needed")
    present = np.all([np.isfinite(array) for array in arrays], axis=0)
    results = function(*(array[present] for array in arrays))
    outputs = results if isinstance(results, tuple) else (results,)
    return tuple(_scattered(output, present) for output in outputs)


def _scattered(values: Floats, present: np.ndarray) -> Floats:
    out = np.full(len(present), np.nan)
    out[present] = values
    return out
