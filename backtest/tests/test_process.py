"""Memory that is given back is only what can be had again."""

import subprocess
import sys

import pytest

from backtest.services import process

PROGRAM = """
from numba import njit
from backtest.services import process

@njit
def double(x):
    return 2 * x

def resident():
    return int(open("/proc/self/statm").read().split()[1])

double(1)
before = resident()
process.lay_compiler_aside()
print(before - resident() > 2_000, double(3), njit(lambda x: x * 3.5)(2))
"""


@pytest.mark.skipif(not process._MAPS.exists(), reason="the system does not say where libraries lie")
def test_the_compiler_laid_aside_still_compiles() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "6", "7.0"]


def test_only_mappings_without_changes_are_taken() -> None:
    lines = [
        "1000-2000 r-xp 00000000 08:01 1 /lib/libllvmlite.so", "Rss: 4 kB", "Anonymous:             0 kB",
        "2000-3000 r--p 00000000 08:01 1 /lib/libllvmlite.so", "Anonymous:             4 kB",
        "3000-4000 rw-p 00000000 08:01 1 /lib/libllvmlite.so", "Anonymous:             0 kB",
        "4000-5000 r--p 00000000 08:01 1 /lib/libother.so", "Anonymous:             0 kB",
        "5000-6000 r--p 00000000 08:01 1 /lib/libllvmlite.so", "Anonymous:             0 kB",
    ]  # fmt: skip
    assert list(process._unchanged(lines)) == [(0x1000, 0x2000), (0x5000, 0x6000)]
