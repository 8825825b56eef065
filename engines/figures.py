"""Numbers as answers and columns hold them: finite or None."""

import math


def finite(value: float) -> float | None:
    """Return a finite number, else None."""
    return float(value) if math.isfinite(value) else None


def number(value: float | None, places: int) -> float | None:
    """Return a finite number with so many places, else None; minus zero becomes zero."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), places) + 0.0


def plain(value: float | None) -> float | int | None:
    """Return a finite number, a whole one as int (for strikes), else None."""
    if value is None or not math.isfinite(value):
        return None
    return int(value) if value == int(value) else float(value)
