"""What moved a score: the difference of two results, input by input."""

from collections.abc import Mapping
from typing import Any, Final

from engines.iscore.words import TITLES

SMALLEST: Final = 0.05


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return which inputs moved the score, the largest first; nothing where either has no score.

    ``before``, ``after``: results of `score.Scores.result`, of which only numbers are read, so that one that was
    shortened to its numbers will do. Since the inputs' points sum up to the score less 50, their
    differences sum up to the score's (before rounding). An input that came or went has null on that side. Movements
    under 0.05 points are left out.
    """
    if not before or before.get("iscore") is None or after.get("iscore") is None:
        return []
    old, new = _inputs(before), _inputs(after)
    found = []
    for key in {**old, **new}:
        was, now = old.get(key), new.get(key)
        points = round((now["points"] if now else 0.0) - (was["points"] if was else 0.0), 2)
        if abs(points) >= SMALLEST:
            found.append(_change(key, was, now, points))
    return sorted(found, key=lambda change: (-abs(change["points"]), change["component"], change["input"]))


def _change(
    key: tuple[str, str], was: Mapping[str, Any] | None, now: Mapping[str, Any] | None, points: float
) -> dict[str, Any]:
    component, name = key
    before, after = (was["score"] if was else None), (now["score"] if now else None)
    moved = "is no longer known" if now is None else "became known" if was is None else f"{before:.0f} → {after:.0f}"
    return {
        "component": component,
        "input": name,
        "title": TITLES[name],
        "before": before,
        "after": after,
        "points": points,
        "text": f"{TITLES[name]} {moved}: {points:+.1f} points",
    }


def _inputs(result: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(name, entry["input"]): entry for name, part in result["components"].items() for entry in part["inputs"]}
