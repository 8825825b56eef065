"""What changed between two bodies of a strategy."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import place

#: More than a screen can show; a strategy of 200 nodes rewritten has fewer.
MAX_CHANGES = 500


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the differences in the order of the places: ``{place, loc, kind, before, after}``.

    ``kind``: ``added``, ``removed`` or ``changed``. Elements of lists are compared by their place.
    """
    rows = []
    for loc, old, new, kind in _walk((), before, after):
        rows.append({"place": place(loc), "loc": list(loc), "kind": kind, "before": old, "after": new})
        if len(rows) >= MAX_CHANGES:
            break
    return rows


def _walk(loc: tuple[str | int, ...], old: Any, new: Any) -> Iterator[tuple[tuple[str | int, ...], Any, Any, str]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _part((*loc, key), old, new, key in old, key in new, key)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            yield from _part((*loc, index), old, new, index < len(old), index < len(new), index)
    elif (type(old) is not type(new) and not _numbers(old, new)) or old != new:
        yield loc, old, new, "changed"


def _part(
    loc: tuple[str | int, ...], old: Any, new: Any, was: bool, there: bool, key: Any
) -> Iterator[tuple[tuple[str | int, ...], Any, Any, str]]:
    if was and there:
        yield from _walk(loc, old[key], new[key])
    elif was:
        yield loc, old[key], None, "removed"
    else:
        yield loc, None, new[key], "added"


def _numbers(old: Any, new: Any) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in (old, new))
