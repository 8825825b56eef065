"""Large tables in memory that is used again.

Fresh memory costs more than the arithmetic that fills it (a page fault for every 4 KiB), so blocks go back to a small
store when the last array over them is gone.
"""

import math
from collections import deque
from typing import Any, Final

import numpy as np
import numpy.typing as npt

POOLED_BYTES: Final = 96 * 2**20  # kept at most
LEAST_BYTES: Final = 2**18  # smaller arrays are cheap to allocate

_FLOAT: Final = np.dtype(np.float64)

_free: dict[int, deque[npt.NDArray[np.uint8]]] = {}
_kept = [0]


class _Block:
    """Owns memory; every array over it keeps the block, and the block's end gives the memory back."""

    def __init__(self, raw: npt.NDArray[np.uint8], shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.raw = raw
        self.__array_interface__ = {
            "shape": shape,
            "typestr": dtype.str,
            "data": (raw.__array_interface__["data"][0], False),
            "version": 3,
        }

    def __del__(self) -> None:
        if _kept[0] + self.raw.nbytes <= POOLED_BYTES:
            _kept[0] += self.raw.nbytes
            _free.setdefault(self.raw.nbytes, deque()).append(self.raw)


def table(shape: tuple[int, ...], dtype: npt.DTypeLike = np.float64) -> npt.NDArray[Any]:
    """Return an array whose content is undefined, like `numpy.empty`."""
    kind = _FLOAT if dtype is np.float64 else np.dtype(dtype)
    size = math.prod(shape) * kind.itemsize
    if size < LEAST_BYTES:
        return np.empty(shape, kind)
    try:
        raw = _free[size].pop()
        _kept[0] -= size
    except (KeyError, IndexError):
        raw = np.empty(size, np.uint8)
    return np.asarray(_Block(raw, tuple(int(n) for n in shape), kind))


def release() -> None:
    """Give the kept memory back to the system."""
    _free.clear()
    _kept[0] = 0
