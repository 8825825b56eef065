"""Entry modes: how a signal may be entered, the first that matches."""

import math
from dataclasses import dataclass
from typing import Final

from engines.mvla.features import Features
from engines.mvla.inputs import Memory
from engines.mvla.parameters import Parameters
from engines.mvla.strength import Strength
from engines.mvla.votes import FLAT, LONG, Direction

BREAKOUT: Final = "BREAKOUT"
PULLBACK: Final = "PULLBACK"
CONTINUATION: Final = "CONTINUATION"
REVERSAL: Final = "REVERSAL"
NONE: Final = "NONE"


@dataclass(frozen=True, slots=True)
class Entry:
    """``way``: direction of the trade (a reversal may have one where the votes alone have none). ``why``: in words."""

    mode: str
    way: int
    why: str


def remember(memory: Memory, d: float, at_s: float, p: Parameters) -> tuple[int, float]:
    """Return the sign of D and since when it has been so; a silence of three minutes starts it afresh."""
    sign = (d > 0.0) - (d < 0.0)
    unbroken = sign == memory.sign and sign != 0 and 0.0 <= at_s - memory.last_s <= p.memory_gap_s
    return sign, memory.since_s if unbroken else at_s


def seen(memory: Memory, way: int, mode: str, actionable: bool) -> tuple[int, str, bool]:
    """Return the direction and mode to remember, and whether they are new: only that may trigger.

    What was seen is forgotten when direction or mode change, not when a veto comes and goes.
    """
    if actionable:
        return way, mode, (way, mode) != (memory.direction, memory.mode)
    kept = (way, mode) == (memory.direction, memory.mode)
    return (memory.direction, memory.mode, False) if kept else (FLAT, NONE, False)


def entry(f: Features, way: Direction, strong: Strength, kept_s: float, p: Parameters) -> Entry:
    """Return the first mode that matches. ``kept_s``: seconds for which D has kept its sign."""
    if way.way == FLAT:
        return _reversal(f, way, p)
    level = _beyond(f, way.way, p)
    if level and f.volume_ratio >= p.volume_breakout:
        return Entry(BREAKOUT, way.way, f"A five-minute close {level} on {f.volume_ratio:.1f} times the usual volume.")
    line = _touched(f, way.way, p) if kept_s >= 60.0 * p.pullback_minutes else ""
    if line:
        return Entry(PULLBACK, way.way, f"A pause back to {line} in a direction kept for {kept_s / 60.0:.0f} minutes.")
    if strong.s >= p.continuation_strength and f.adx >= p.continuation_adx:
        return Entry(CONTINUATION, way.way, f"Strength {100 * strong.s:.0f} of 100 with ADX {f.adx:.0f}.")
    found = _reversal(f, way, p)
    return found if found.mode == REVERSAL else Entry(NONE, way.way, "No entry pattern is complete.")


def _beyond(f: Features, way: int, p: Parameters) -> str:
    """Name the level that the last five-minute close is beyond, if any."""
    high, low = "above", "below"
    levels = (
        ("the opening range", f.or_high, f.or_low),
        ("yesterday's range", f.previous_high, f.previous_low),
        (f"the last {p.donchian_bars} bars", f.donchian_high, f.donchian_low),
    )
    margin = p.beyond_atr * f.atr
    for name, top, bottom in levels:
        if way == LONG and f.five_close >= top + margin:
            return f"{high} {name}"
        if way != LONG and f.five_close <= bottom - margin:
            return f"{low} {name}"
    return ""


def _touched(f: Features, way: int, p: Parameters) -> str:
    """Name the line that the last bar came back to before it closed with the direction, if any."""
    if not way * (f.five_close - f.five_open) > 0.0:
        return ""
    reach = p.pullback_atr * f.atr
    index, future = (f.five_low, f.future_low) if way == LONG else (f.five_high, f.future_high)
    for name, extreme, line in (("the 21-bar average", index, f.ema_slow), ("the VWAP", future, f.vwap)):
        if abs(extreme - line) <= reach:
            return name
    return ""


def _reversal(f: Features, way: Direction, p: Parameters) -> Entry:
    """A stretched move that failed beyond a level and lost its momentum; the votes must have begun to turn."""
    z, none = f.vwap_z, Entry(NONE, way.way, "No entry pattern is complete.")
    if not math.isfinite(z) or abs(z) < p.reversal_z or way.agreement < p.agreement:
        return none
    turn = -1 if z > 0 else 1
    failed, diverged = (
        (f.failed_high, f.bearish_divergence) if turn < 0 else (f.failed_low, f.bullish_divergence)
    )  # fmt: skip
    if not (failed and diverged and turn * way.d >= p.reversal_d):
        return none
    return Entry(REVERSAL, turn, f"A break was taken back {abs(z):.1f} deviations from the VWAP, RSI diverging.")
