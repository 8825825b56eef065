"""How the rules and the passes over bars are compiled."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def _digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


#: Names the source that the machine code on disk was made of: numba itself looks only at the file of a function, not at
#: those of the rules compiled into it, and an edited rule would not have reached the pass.
_SOURCE: Final = _digest()


def _compiled(function: F, **options: Any) -> F:
    dispatcher = njit(function, cache=True, nogil=True, error_model="numpy", **options)
    kept = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if kept is not None:
        kept._source_stamp = _SOURCE
    return dispatcher  # type: ignore[no-any-return]


def rule(function: F) -> F:
    """Compile into the caller, without numba's reference counting, which took nine tenths of the time.

    Rules allocate nothing and their arrays outlive them.
    """
    return _compiled(function, forceinline=True, _nrt=False)


def whole(function: F) -> F:
    """Compile as a call of its own, which may make arrays."""
    return _compiled(function)
