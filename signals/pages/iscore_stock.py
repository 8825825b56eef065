"""From one stock's I-Score to its card and page: components, inputs, waterfall, ledger. Pure: no database, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final

from engines.iscore.tables import LEAST_COVERAGE, TIERS, WEIGHTS
from engines.iscore.words import TITLES
from market.pages.figures import percent, signed
from signals.pages import iscore_words as words
from signals.pages.iscore_presenters import look_of

#: The waterfall's scale is at least so many points wide.
_LEAST_SPAN: Final = 12.0
_START: Final = 50.0
SPARK_SESSIONS: Final = 60
#: What is read of each kept session.
HISTORY: Final = ("session", "iscore", "confidence", "tier", "changes")
#: A spark's scale is at least so many points high, so that small moves look small.
_SPARK_SPAN: Final = 10.0
_MOVES_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class InputRow:
    """One input of a component. ``points``: what it adds above or below 50, as printed; ``raw`` the number itself."""

    title: str
    value: str
    score: str
    width: float
    look: str
    share: str
    points: str
    raw: float
    direction: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A component. ``counts``: whether it is part of the score; ``why_not`` says why it is not, else empty."""

    name: str
    title: str
    asks: str
    score: str
    width: float
    look: str
    weight: str
    effective: str
    effective_raw: float
    coverage: str
    fresh: str
    why_not: str
    points: str
    raw: float
    direction: str
    inputs: tuple[InputRow, ...]
    missing: tuple[str, ...]

    @property
    def counts(self) -> bool:
        return not self.why_not


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the waterfall: from ``start`` to ``end`` points, drawn from ``x`` on, ``width`` wide, in percent."""

    title: str
    points: str
    raw: float
    direction: str
    end: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Fall:
    """The waterfall from 50 to the score, with the tiers' borders within its scale as (title, x in percent)."""

    steps: tuple[Step, ...]
    score: str
    middle: float
    borders: tuple[tuple[str, float], ...]


def parts(answer: Mapping[str, Any]) -> list[Part]:
    """Return the six components of an answer of `reading.iscore_of`, in the order of their weights' table."""
    return [_part(name, answer["components"][name]) for name in WEIGHTS]


def unknown(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return which inputs are missing, by component: its title, and what is missing in words."""
    return [
        (part.title, "; ".join(part.missing) if part.inputs else "everything") for part in parts(answer) if part.missing
    ]


def _part(name: str, part: Mapping[str, Any]) -> Part:
    raw = round(sum(one["points"] for one in part["inputs"]), 3)
    counts = part["effective_weight"] > 0.0
    return Part(
        name=name,
        title=part["title"],
        asks=words.ASKS[name],
        score=words.score_text(part["score"]),
        width=part["score"] or 0.0,
        look=look_of(part["score"]) if counts else "unknown",
        weight=f"{part['weight']:g}",
        effective=f"{part['effective_weight']:.1f}".removesuffix(".0"),
        effective_raw=part["effective_weight"],
        coverage=percent(part["coverage"]),
        fresh=percent(part["freshness"]),
        why_not="" if counts else _why_not(part["coverage"], part["missing"]),
        points=signed(raw, 2),
        raw=raw,
        direction=_direction(raw),
        inputs=tuple(_input(one) for one in part["inputs"]),
        missing=tuple(TITLES.get(one, one.capitalize()) for one in part["missing"]),
    )


def _why_not(coverage: float, missing: Sequence[str]) -> str:
    if not coverage and not missing:  # it lacks nothing: it is no company
        return "Not worked out: only shares of companies have an I-Score."
    if not coverage:
        return "Not counted: nothing is known of it."
    return f"Not counted: {percent(coverage)} of its inputs are known, {percent(LEAST_COVERAGE)} are needed."


def _input(one: Mapping[str, Any]) -> InputRow:
    return InputRow(
        title=one["title"],
        value=words.value_text(one["input"], one["value"]),
        score=f"{one['score']:.0f}",
        width=one["score"],
        look=look_of(one["score"]),
        share=percent(one["share"]),
        points=signed(one["points"], 2),
        raw=one["points"],
        direction=_direction(one["points"]),
        text=one["text"],
    )


def _direction(value: float) -> str:
    return "up" if value > 0.0 else "down" if value < 0.0 else "flat"


def waterfall(answer: Mapping[str, Any]) -> Fall | None:
    """Return the steps from 50 to the score; None without a score.

    Printed points (two decimals) sum up to the score exactly: what the decimals leave is a step of its own.
    """
    score = answer["iscore"]
    if score is None:
        return None
    moves = [(part.title, round(part.raw, 2)) for part in parts(answer) if part.counts]
    rest = round(score - _START - sum(points for _, points in moves), 2)
    if rest:
        moves.append(("Rounding", rest))
    ends = [_START]
    for _, points in moves:
        ends.append(round(ends[-1] + points, 2))
    low, high = _scale(ends)

    def place(value: float) -> float:
        return round(100.0 * (value - low) / (high - low), 2)

    steps = tuple(
        Step(
            title=title,
            points=signed(points, 2),
            raw=points,
            direction=_direction(points),
            end=f"{end:.2f}",
            x=place(min(start, end)),
            width=max(0.4, round(place(max(start, end)) - place(min(start, end)), 2)),
        )
        for (title, points), (start, end) in zip(moves, pairwise(ends), strict=True)
    )
    borders = tuple((words.TIER_WORDS[name], place(least)) for name, least in TIERS if low < least < high)
    return Fall(steps, words.score_text(score), place(_START), borders)


def _scale(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    pad = max(2.0, (_LEAST_SPAN - (high - low)) / 2.0)
    return max(0.0, low - pad), min(100.0, high + pad)


@dataclass(frozen=True, slots=True)
class Spark:
    """The score's course in a box of 100 × 32, with a sentence."""

    points: str
    look: str
    label: str


def spark(rows: Sequence[Mapping[str, Any]]) -> Spark | None:
    """Return the course of the kept scores (newest first, as a history has them); None for fewer than two."""
    known = [row for row in reversed(rows) if row["iscore"] is not None]
    if len(known) < 2:
        return None
    values = [row["iscore"] for row in known]
    middle, span = (min(values) + max(values)) / 2.0, max(_SPARK_SPAN, max(values) - min(values))
    step = 100.0 / (len(values) - 1)
    points = " ".join(
        f"{round(step * at, 1):g},{round(16.0 - 28.0 * (value - middle) / span, 1):g}"
        for at, value in enumerate(values)
    )
    label = (
        f"I-Score of {len(values)} sessions, from {words.score_text(values[0])} on {known[0]['session']:%-d %b %Y} "
        f"to {words.score_text(values[-1])} on {known[-1]['session']:%-d %b %Y}"
    )
    return Spark(points, _direction(values[-1] - values[0]), label)


@dataclass(frozen=True, slots=True)
class Session:
    """A session of the ledger: the score, its change since the session kept before, and what moved it."""

    day: date
    score: str
    raw: str
    tier: str
    confidence: str
    change: dict[str, Any]
    moves: tuple[dict[str, Any], ...]
    more: tuple[dict[str, Any], ...]


def ledger(rows: Sequence[Mapping[str, Any]]) -> list[Session]:
    """Return the sessions of a history, newest first. The oldest one's change is unknown."""
    found = []
    for at, row in enumerate(rows):
        before = rows[at + 1]["iscore"] if at + 1 < len(rows) else None
        known = row["iscore"] is not None and before is not None
        moved = moves(row["changes"])
        found.append(
            Session(
                day=row["session"],
                score=words.score_text(row["iscore"]),
                raw="" if row["iscore"] is None else repr(row["iscore"]),
                tier=words.tier(row["tier"] or None, None).word,
                confidence=percent(row["confidence"]),
                change=words.change_words(round(row["iscore"] - before, 1) if known else None),
                moves=tuple(moved[:_MOVES_SHOWN]),
                more=tuple(moved[_MOVES_SHOWN:]),
            )
        )
    return found


def moves(changes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what moved a score, the largest first: title, what happened to it, points."""
    return [
        {
            "title": one["title"],
            "how": _how(one["before"], one["after"]),
            "points": signed(one["points"], 1),
            "direction": _direction(one["points"]),
        }
        for one in changes
    ]


def _how(before: float | None, after: float | None) -> str:
    if after is None:
        return "is no longer known"
    return "became known" if before is None else f"{before:.0f} → {after:.0f}"
