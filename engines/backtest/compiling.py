"""How the simulator's functions are compiled."""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile at the first call into the caller, keep the machine code on disk, release the interpreter lock.

    Without numba's reference counting (`_nrt`): these functions allocate nothing, their arguments outlive them, and
    counting every array of every tuple at every call took five sixths of the time. Inlined, because a call passes each
    array of a tuple as seven numbers, which took five sixths of the rest.
    """
    return njit(function, cache=True, nogil=True, _nrt=False, forceinline=True)


def routine(function: F) -> F:
    """Compile likewise, but as a call of its own: for what is long, rare, and takes few arrays."""
    return njit(function, cache=True, nogil=True, _nrt=False)
