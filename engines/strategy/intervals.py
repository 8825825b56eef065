"""What comparisons with numbers leave possible: unions of intervals of one operand's values."""

from dataclasses import dataclass
from typing import Final

INF: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Span:
    """All numbers from ``low`` to ``high``, the ends counted where closed."""

    low: float
    high: float
    low_closed: bool = True
    high_closed: bool = True

    @property
    def empty(self) -> bool:
        """Tell whether no number is left."""
        return self.low > self.high or (self.low == self.high and not (self.low_closed and self.high_closed))

    def meet(self, other: "Span") -> "Span":
        """Return what both have."""
        low, low_closed = max((self.low, not self.low_closed), (other.low, not other.low_closed))
        high, high_closed = min((self.high, self.high_closed), (other.high, other.high_closed))
        return Span(low, high, not low_closed, high_closed)

    def covers(self, other: "Span") -> bool:
        """Tell whether every number of ``other`` is in this."""
        met = self.meet(other)
        return other.empty or (met == other)


def span_of(op: str, value: float, high: float | None = None) -> Span | None:
    """Return the numbers x with ``x op value``; None for an operator that is no interval."""
    if op == "between":
        return Span(value, INF if high is None else high)
    if op in {">", ">="}:
        return Span(value, INF, op == ">=", True)
    if op in {"<", "<="}:
        return Span(-INF, value, True, op == "<=")
    return Span(value, value) if op == "==" else None


def union_covers(spans: list[Span], whole: Span) -> bool:
    """Tell whether the spans together leave no number of ``whole`` out."""
    reach, closed = whole.low, not whole.low_closed  # everything below `reach` is covered; `closed`: reach itself too
    for span in sorted(spans, key=lambda s: (s.low, not s.low_closed)):
        touches = span.low < reach or (span.low == reach and (span.low_closed or closed))
        if not touches:
            return False
        if (span.high, span.high_closed) > (reach, closed):
            reach, closed = span.high, span.high_closed
    return reach > whole.high or (reach == whole.high and (closed or not whole.high_closed))
