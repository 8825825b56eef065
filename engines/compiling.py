"""How functions that share machine code are compiled."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from numba import njit

from engines.runtime_code import keep_runtime

keep_runtime()

F = TypeVar("F", bound=Callable[..., Any])

_ENGINES: Final = Path(__file__).resolve().parent


def _digest() -> str:
    """Hash everything that is compiled together."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for folder in ("backtest", "charges", "metrics", "strategy"):
        for path in sorted((_ENGINES / folder).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


#: Names the source that the machine code on disk was made of.
SOURCE_DIGEST: Final = _digest()


def _compiled(function: F, **options: Any) -> F:
    dispatcher = njit(function, cache=True, nogil=True, _nrt=False, **options)
    # Numba looks only at the file of a function to tell whether its machine code is stale, not at the files of the
    # functions compiled into it: an edited fill would not have reached the day loop.
    cache = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if cache is not None:
        cache._source_stamp = SOURCE_DIGEST
    return dispatcher  # type: ignore[no-any-return]


def kernel(function: F) -> F:
    """Compile at the first call into the caller, keep the machine code on disk, release the interpreter lock.

    Without numba's reference counting (`_nrt`): these functions allocate nothing, their arguments outlive them, and
    counting every array of every tuple at every call took five sixths of the time. Inlined, because a call passes each
    array of a tuple as seven numbers, which took five sixths of the rest.
    """
    return _compiled(function, forceinline=True)


def routine(function: F) -> F:
    """Compile likewise, but as a call of its own: for what is long, rare, and takes few arrays."""
    return _compiled(function)


def loop(function: F) -> F:
    """Compile a loop over arrays as a call of its own: division by 0 gives what numpy gives, so nothing can raise and
    the loop becomes vector instructions."""
    return _compiled(function, error_model="numpy")


def step(function: F) -> F:
    """Compile what a `loop` calls for every value, into it."""
    return _compiled(function, error_model="numpy", forceinline=True)
