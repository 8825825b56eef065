"""Same seed, calendar and instant: same bytes, in any process, in any order, whatever is added to the calendar."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engines.simulation import DEFAULT_SEED, SimulatedMarket, always_open, from_dates
from engines.simulation.tests.conftest import NOW, weekdays

ROOT = Path(__file__).resolve().parents[3]
MIXED = ["NSE:RELIANCE", "BSE:RELIANCE", "NSE:NIFTY 50", "NSE:INDIA VIX", "NFO:NIFTY26NOVFUT", "NFO:NIFTY26NOV25000CE"]


def _bytes_of(answer: object) -> bytes:
    parts = []
    for name in answer.__slots__:
        value = getattr(answer, name)
        if hasattr(value, "__slots__"):
            parts.append(_bytes_of(value))
        else:
            parts.append(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    return b"|".join(parts)


def fingerprint(seed: int = DEFAULT_SEED, reverse: bool = False) -> str:
    """Digest of one answer of each kind."""
    market = SimulatedMarket(seed, always_open())
    now = NOW.timestamp()
    asks = [
        lambda: market.quotes([i.key for i in market.listing.instruments] + MIXED[4:], now),
        lambda: market.daily(MIXED, "2026-01-01", "2026-11-21", until=now),
        lambda: market.minutes("NSE:INFY", "2026-11-20", until=now),
        lambda: market.ticks("BSE:SBIN", now - 300, now),
        lambda: market.depth("NSE:RELIANCE", now),
        lambda: market.chain("SENSEX", None, now),
        lambda: market.chain("NIFTY", None, now),
    ]
    order = range(len(asks) - 1, -1, -1) if reverse else range(len(asks))
    answers = {place: _bytes_of(asks[place]()) for place in order}
    return hashlib.sha256(b"".join(answers[place] for place in range(len(asks)))).hexdigest()


def test_same_bytes_in_two_processes() -> None:
    code = "from engines.simulation.tests.test_determinism import fingerprint; print(fingerprint(reverse={}))"
    digests = []
    for hash_seed, reverse in (("1", False), ("2", True)):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", code.format(reverse)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        digests.append(done.stdout.strip())
    assert digests[0] == digests[1]
    assert len(digests[0]) == 64


def test_seeds_differ() -> None:
    a, b = (
        SimulatedMarket(seed, always_open()).daily(["NSE:ITC"], "2019-01-01", "2019-06-30", until=1.9e9)
        for seed in (1, 2)
    )
    assert not np.array_equal(a.close, b.close)


def test_answers_do_not_depend_on_what_was_asked_before() -> None:
    fresh, used = (SimulatedMarket(DEFAULT_SEED, always_open()) for _ in range(2))
    for later in (NOW.timestamp() + 7, NOW.timestamp() + 86_400, NOW.timestamp() + 40 * 86_400):
        used.quotes(["NSE:RELIANCE", "NSE:NIFTY 50"], later)
        used.chain("NIFTY", None, later)
    used.daily(["NSE:RELIANCE"], "2019-01-01", "2027-06-30", until=1.9e9)
    for ask in (
        lambda m: m.quotes(MIXED, NOW),
        lambda m: m.chain("NIFTY", None, NOW),
        lambda m: m.depth(MIXED[0], NOW),
    ):
        assert _bytes_of(ask(fresh)) == _bytes_of(ask(used))


def test_history_is_stable_when_the_calendar_grows() -> None:
    days = weekdays()
    cut = int(np.searchsorted(days, np.datetime64("2024-03-12")))
    short, long = (SimulatedMarket(5, from_dates(chosen)) for chosen in (days[:cut], days))
    last = long.sessions.close_of(cut - 1)
    keys = [i.key for i in short.listing.instruments]
    a, b = (m.daily(keys, "2019-01-01", "2024-03-11", until=last) for m in (short, long))
    assert len(a.dates) == cut
    assert _bytes_of(a) == _bytes_of(b)
    at = last - 7_200.25
    assert _bytes_of(short.quotes(keys, at)) == _bytes_of(long.quotes(keys, at))


def test_naive_datetimes_are_refused(market: SimulatedMarket) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        market.quotes(["NSE:ITC"], NOW.replace(tzinfo=None))
