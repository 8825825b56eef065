"""Counter-based random numbers: any element of any grid can be drawn alone and is always the same.

A draw is a function of a 64-bit key and a counter (the finaliser of SplitMix64, Steele, Lea and Flood 2014), so
a tick in the middle of a session needs none of the draws before it. Keys are folded from plain integers;
Python's `hash` takes no part.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]
F64 = npt.NDArray[np.float64]

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_MIX_A = 0xBF58476D1CE4E5B9
_MIX_B = 0x94D049BB133111EB


def fold_key(*parts: int) -> int:
    """A 64-bit key from integers; the order of `parts` matters."""
    key = 0x243F6A8885A308D3
    for part in parts:
        key = (key + _GOLDEN * ((part & _MASK) + 1)) & _MASK
        key = ((key ^ (key >> 30)) * _MIX_A) & _MASK
        key = ((key ^ (key >> 27)) * _MIX_B) & _MASK
        key ^= key >> 31
    return key


def words(keys: U64 | int, counters: U64) -> U64:
    """64 random bits for each (key, counter); the two arguments broadcast."""
    x = np.asarray(keys, np.uint64) + np.asarray(counters, np.uint64) * np.uint64(_GOLDEN) + np.uint64(_GOLDEN)
    shifted = x >> np.uint64(30)
    x = np.bitwise_xor(x, shifted, out=shifted)
    x = x * np.uint64(_MIX_A)
    x ^= x >> np.uint64(27)
    x *= np.uint64(_MIX_B)
    x ^= x >> np.uint64(31)
    return x


def fold_keys(keys: U64 | int, parts: npt.ArrayLike) -> U64:
    """Vectorised `fold_key` step: one new key for each (key, part)."""
    return words(keys, np.asarray(parts, np.uint64))


def fraction(bits: U64, shift: int, width: int) -> F64:
    """A uniform number strictly inside (0, 1) from `width` (<= 53) bits of each word, starting at bit `shift`."""
    chunk = (bits >> np.uint64(shift)) & np.uint64((1 << width) - 1)
    return (chunk.astype(np.float64) + 0.5) * 2.0**-width


def grid(keys: U64, width: int) -> U64:
    """Words for every key (rows) and counter 0..width-1 (columns)."""
    return words(keys[:, None], np.arange(width, dtype=np.uint64)[None, :])


def jitter(bits: U64, shift: int) -> F64:
    """-1, 0, 0 or 1 from two bits of each word."""
    pair = ((bits >> np.uint64(shift)) & np.uint64(3)).astype(np.int64)
    return np.array([-1.0, 0.0, 0.0, 1.0])[pair]
