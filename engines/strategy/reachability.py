"""Whether a condition can be true at all, or is always."""

import enum
from dataclasses import dataclass
from typing import Final

from engines.strategy import language as words
from engines.strategy.intervals import INF, Span, span_of, union_covers
from engines.strategy.nodes import (
    Compare,
    Condition,
    Group,
    Indicator,
    Literal,
    Math,
    Not,
    Operand,
    Position,
    Random,
    Rank,
)
from engines.strategy.sentence import condition_sentence, operand_phrase


class Verdict(enum.Enum):
    """What is proven of a condition, unknown values aside."""

    NEVER = "never"
    ALWAYS = "always"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Note:
    """Something proven of a part: ``leaf`` when the part is one comparison."""

    code: str
    place: str
    message: str
    leaf: bool


_OPPOSITE: Final = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
_MIRROR: Final = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "=="}
_FIELDS: Final = {
    "gain_pct": Span(-100.0, INF),
    "entry_price": Span(0.0, INF),
    "quantity": Span(1.0, INF),
    "highest_high": Span(0.0, INF),
    "highest_close": Span(0.0, INF),
    "peak_drawdown_pct": Span(0.0, 100.0),
    "addons": Span(0.0, INF),
}


class Judge:
    """Judges conditions; ``least_held`` and ``most_held`` bound the bars a position is held when a rule may act."""

    def __init__(self, least_held: float = 0.0, most_held: float | None = None) -> None:
        self.held = Span(least_held, INF if most_held is None else most_held)
        self.notes: list[Note] = []

    def range_of(self, node: Operand) -> Span:
        """Return the values an operand can have."""
        if isinstance(node, Literal):
            return Span(node.value, node.value)
        if isinstance(node, Indicator):
            word = words.WORDS[node.name]
            return Span(word.least, word.most)
        if isinstance(node, Position):
            return self.held if node.field == "total_bars_held" else _FIELDS[node.field]
        if isinstance(node, Random):
            return Span(0.0, 1.0)
        if isinstance(node, Rank):
            return Span(0.0, 100.0, False, False)
        return Span(0.0, INF) if isinstance(node, Math) and node.fn == "abs" else Span(-INF, INF)

    def condition(self, node: Condition, place: str) -> Verdict:
        """Return what is proven of a condition; its parts' notes are kept."""
        if isinstance(node, Group):
            return self._group(node, place)
        if isinstance(node, Not):
            inner = self.condition(node.condition, f"{place}.condition")
            return {Verdict.NEVER: Verdict.ALWAYS, Verdict.ALWAYS: Verdict.NEVER}.get(inner, Verdict.OPEN)
        if not isinstance(node, Compare):
            return Verdict.OPEN
        verdict = self._compare(node)
        if verdict is not Verdict.OPEN:
            code = "contradictory" if verdict is Verdict.NEVER else "always_true"
            word = "can never be true" if verdict is Verdict.NEVER else "is always true"
            self.notes.append(Note(code, place, f"{condition_sentence(node)} {word}", True))
        return verdict

    def _compare(self, node: Compare) -> Verdict:
        left, right = self.range_of(node.left), self.range_of(node.right)
        if node.op in words.CROSSINGS:
            return Verdict.NEVER if node.left == node.right else Verdict.OPEN
        if node.op == "between" and node.hi is not None:
            return self._between(left, right, self.range_of(node.hi))
        if node.left == node.right and not isinstance(node.left, Literal):
            return Verdict.ALWAYS if node.op in {">=", "<=", "=="} else Verdict.NEVER
        known = _always_ordered(node)
        return known if known is not None else _ordered(left, node.op, right)

    @staticmethod
    def _between(value: Span, low: Span, high: Span) -> Verdict:
        if low.low > high.high or _ordered(value, ">=", low) is _ordered(value, "<=", high) is Verdict.NEVER:
            return Verdict.NEVER
        verdicts = {_ordered(value, ">=", low), _ordered(value, "<=", high)}
        if Verdict.NEVER in verdicts:
            return Verdict.NEVER
        return Verdict.ALWAYS if verdicts == {Verdict.ALWAYS} else Verdict.OPEN

    def _group(self, node: Group, place: str) -> Verdict:
        parts = [self.condition(part, f"{place}.conditions[{i}]") for i, part in enumerate(node.conditions)]
        deciding, other = (Verdict.NEVER, Verdict.ALWAYS) if node.kind == "and" else (Verdict.ALWAYS, Verdict.NEVER)
        if deciding in parts:
            at = parts.index(deciding)
            if node.kind == "or" and len(parts) > 1:
                message = f"the other alternatives never matter: {condition_sentence(node.conditions[at])} always holds"
                self.notes.append(Note("unreachable", place, message, False))
            return deciding
        if all(part is other for part in parts):
            return other
        return self._together(node, place)

    def _together(self, node: Group, place: str) -> Verdict:
        """Judge the comparisons of one operand with numbers as a whole."""
        for operand, spans in _by_operand(node).items():
            whole, phrase = self.range_of(operand), operand_phrase(operand)
            if node.kind == "and" and len(spans) > 1:
                left = whole
                for span in spans:
                    left = left.meet(span)
                if left.empty:
                    message = f"contradictory: no value of {phrase} satisfies all of its conditions here"
                    self.notes.append(Note("contradictory", place, message, False))
                    return Verdict.NEVER
            if node.kind == "or" and len(spans) > 1 and union_covers(spans, whole):
                message = f"always true: every value of {phrase} satisfies one of its conditions here"
                self.notes.append(Note("always_true", place, message, False))
                return Verdict.ALWAYS
        return self._opposites(node, place)

    def _opposites(self, node: Group, place: str) -> Verdict:
        """Two comparisons of the same two operands, or a condition and its ``not``, that exclude each other."""
        conditions = set(node.conditions)
        for part in node.conditions:
            opposite = _opposite(part)
            if opposite in conditions or (node.kind == "and" and _strictly_against(part, conditions)):
                never = node.kind == "and"
                word = "contradictory: excludes another condition here" if never else "always true with its opposite"
                code = "contradictory" if never else "always_true"
                self.notes.append(Note(code, place, f"{condition_sentence(part)}: {word}", False))
                return Verdict.NEVER if never else Verdict.ALWAYS
        return Verdict.OPEN


def _opposite(node: Condition) -> Condition | None:
    if isinstance(node, Not):
        return node.condition
    if isinstance(node, Compare) and node.op in _OPPOSITE:
        return Compare(node.left, _OPPOSITE[node.op], node.right)
    return Not(node)


def _strictly_against(node: Condition, others: set[Condition]) -> bool:
    """``a > b`` with ``a < b``, and with either side written first."""
    if not isinstance(node, Compare) or node.op not in {">", "<"}:
        return False
    mirrored = Compare(node.right, node.op, node.left)
    return Compare(node.left, _MIRROR[node.op], node.right) in others or mirrored in others


def _by_operand(node: Group) -> dict[Operand, list[Span]]:
    spans: dict[Operand, list[Span]] = {}
    for part in node.conditions:
        if not isinstance(part, Compare):
            continue
        operand, op, value = part.left, part.op, part.right
        if isinstance(operand, Literal) and op in _MIRROR:
            operand, op, value = part.right, _MIRROR[part.op], part.left
        high = part.hi.value if isinstance(part.hi, Literal) else None
        if not isinstance(value, Literal) or isinstance(operand, Literal) or (op == "between" and high is None):
            continue
        span = span_of(op, value.value, high)
        if span is not None:
            spans.setdefault(operand, []).append(span)
    return spans


def _ordered(left: Span, op: str, right: Span) -> Verdict:
    """Judge ``left op right`` of any two values of two ranges."""
    if op in {"<", "<="}:
        return _ordered(right, _MIRROR[op], left)
    if op == "==":
        if left.meet(right).empty:
            return Verdict.NEVER
        single = left.low == left.high == right.low == right.high
        return Verdict.ALWAYS if single else Verdict.OPEN
    strict = op == ">"
    if left.low > right.high or (left.low == right.high and left.low > -INF and not strict):
        return Verdict.ALWAYS
    touch_closed = left.high_closed and right.low_closed
    if left.high < right.low or (left.high == right.low and left.high < INF and (strict or not touch_closed)):
        return Verdict.NEVER
    return Verdict.OPEN


def _always_ordered(node: Compare) -> Verdict | None:
    """Orders that bars always have: low ≤ open, close ≤ high, and a window's highest ≥ its own latest high."""
    for left, op, right in ((node.left, node.op, node.right), (node.right, _MIRROR.get(node.op, ""), node.left)):
        if _not_above(left, right):
            if op == ">":
                return Verdict.NEVER
            if op == "<=":
                return Verdict.ALWAYS
    return None


def _not_above(a: Operand, b: Operand) -> bool:
    """Tell whether a ≤ b on every bar."""
    if not isinstance(a, Indicator) or not isinstance(b, Indicator) or (a.of, a.lag) != (b.of, b.lag) or a == b:
        return False
    below = {"low": 0, "open": 1, "close": 1, "high": 2}
    upper = b.on or "high" if b.name == "highest" else b.name if not b.params else ""
    lower = a.on or "low" if a.name == "lowest" else a.name if not a.params else ""
    if upper not in below or lower not in below:
        return False
    return below[lower] < below[upper] or (lower == upper and (a.name == "lowest" or b.name == "highest"))
