"""How the simulator's functions are compiled."""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile at the first call, keep the machine code on disk, release the interpreter lock.

    Without numba's reference counting (`_nrt`): these functions allocate nothing, their arguments outlive them, and
    counting every array of every tuple at every call took five sixths of the time.
    """
    return njit(function, cache=True, nogil=True, _nrt=False)
