"""How a process that computes beside serving behaves: short turns of the interpreter, memory given back."""

import ctypes
import gc
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from engines.strategy import memory

#: Seconds a thread computes before another may; the default of 5 ms adds up when ten wait.
TURN_S: Final = 0.001
#: glibc's numbers of `M_ARENA_MAX` and `M_MMAP_THRESHOLD`. Every thread's own heap keeps what it once used, so there
#: are few; large arrays are mapped one by one, so that their memory goes back when they do.
_M_ARENA_MAX: Final = -8
_M_MMAP_THRESHOLD: Final = -3
_ARENAS: Final = 2
_LARGE: Final = 2**18
_MADV_DONTNEED: Final = 4
#: Where the compiler lies once what is kept has been loaded: code that is not run again, 60 MB with its constants.
_COMPILER: Final = "libllvmlite"
_MAPS: Final = Path("/proc/self/smaps")
_PLACE: Final = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S{4}) ")


def settle() -> None:
    """Let the event loop have its turn soon while others compute; keep the heap small."""
    sys.setswitchinterval(TURN_S)
    libc = _libc()
    if libc is not None:
        libc.mallopt(_M_ARENA_MAX, _ARENAS)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)


def settled() -> None:
    """Take what is loaded now for lasting: later collections, which stop everything, need not look through it."""
    gc.collect()
    gc.freeze()
    lay_compiler_aside()
    give_back_memory()


def give_back_memory() -> None:
    """Return to the system what a large piece of work has left behind."""
    memory.release()
    trim()


def trim() -> None:
    """Return to the system what was freed and is not needed for what is kept."""
    libc = _libc()
    if libc is not None:
        libc.malloc_trim(0)


def lay_compiler_aside() -> None:
    """Take the compiler's code out of this process's memory; the system reads it again should it be called.

    Only pages that are as they are in the file: dropping them is what the system does itself when memory is short.
    """
    libc = _libc()
    if libc is None or not _MAPS.exists():
        return
    for begin, end in _unchanged(_MAPS.read_text().splitlines()):
        libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), _MADV_DONTNEED)


def _unchanged(lines: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield where code and constants of the compiler lie that hold nothing but the file's content."""
    place: tuple[int, int] | None = None
    for line in lines:
        if found := _PLACE.match(line):
            ours = found[3] in ("r-xp", "r--p") and _COMPILER in line
            place = (int(found[1], 16), int(found[2], 16)) if ours else None
        elif place is not None and line.split() == ["Anonymous:", "0", "kB"]:
            yield place


def _libc() -> ctypes.CDLL | None:
    """Return glibc, or None where the C library is another."""
    try:
        libc = ctypes.CDLL("libc.so.6")
        return libc if libc.malloc_trim and libc.mallopt else None
    except (OSError, AttributeError):
        return None
