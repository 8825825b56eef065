"""Numbers as the pages print them. The browser's twin is ``frontend/src/lib/format.ts``."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.printed import MINUS, direction, grouped, signed  # noqa: F401 - pages take them from here

UNKNOWN = "–"
LAKH = 100_000
CRORE = 10_000_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A number ready to show: ``text`` as printed, ``exact`` for the tooltip, ``raw`` for sorting and for flashes.

    ``direction`` is ``up``, ``down`` or ``flat`` where the sign means something, else empty.
    """

    text: str
    raw: str = ""
    exact: str = ""
    direction: str = ""


@dataclass(frozen=True, slots=True)
class Spark:
    """A polyline in a box of 100 × 32. ``base`` is the height of the previous close."""

    points: str
    base: str
    direction: str
    label: str


def percent(share: float | None, decimals: int = 0) -> str:
    """Return a share (0 to 1) in percent, a dash where it is unknown."""
    return UNKNOWN if share is None else f"{grouped(100.0 * share, decimals)}%"


def price(value: float | None) -> Figure:
    """Return rupees (or index points) with two decimals."""
    return Figure(UNKNOWN) if value is None else Figure(grouped(value, 2), raw=repr(value))


def change(value: float | None) -> Figure:
    """Return a change in rupees or points, signed."""
    if value is None:
        return Figure(UNKNOWN, direction="flat")
    return Figure(signed(value, 2), raw=repr(value), direction=direction(value))


def change_pct(value: float | None) -> Figure:
    """Return a change in percent, signed, with one decimal; two in the tooltip. What prints as zero points nowhere."""
    if value is None:
        return Figure(UNKNOWN, direction="flat")
    text = signed(value, 1)
    pointing = direction(value) if text.strip("0.") else "flat"
    return Figure(f"{text}%", raw=repr(value), exact=f"{signed(value, 2)}%", direction=pointing)


def share_pct(value: float) -> Figure:
    """Return a share of a whole in percent, without a sign."""
    return Figure(f"{grouped(value, 1)}%", raw=repr(value), exact=f"{grouped(value, 2)}%")


def count(value: float | None) -> Figure:
    """Return a whole number with all its digits."""
    return Figure(UNKNOWN) if value is None else Figure(grouped(value, 0), raw=repr(value))


def compact(value: float | None) -> Figure:
    """Return a quantity in lakh and crore (``1.2 L``, ``3.4 Cr``) with the exact number in the tooltip."""
    if value is None:
        return Figure(UNKNOWN)
    size = abs(value)
    if size >= CRORE:
        text = f"{grouped(value / CRORE, 0 if size >= 100 * CRORE else 1)} Cr"
    elif size >= LAKH:
        text = f"{grouped(value / LAKH, 1)} L"
    else:
        text = grouped(value, 0)
    return Figure(text, raw=repr(value), exact=grouped(value, 0))


def spark(name: str, values: Sequence[float], before: float) -> Spark | None:
    """Return the line through ``values``, oldest first, against the close ``before``; None for fewer than two."""
    if len(values) < 2:
        return None
    low, high = min(*values, before), max(*values, before)
    span = (high - low) or 1.0
    step = 100 / (len(values) - 1)
    *heights, base = (round(30 - 28 * (value - low) / span, 1) for value in (*values, before))
    points = " ".join(f"{round(i * step, 1)},{y}" for i, y in enumerate(heights))
    label = f"{name} from {grouped(values[0], 2)} to {grouped(values[-1], 2)}, previous close {grouped(before, 2)}"
    return Spark(points, str(base), direction(values[-1] - before), label)
