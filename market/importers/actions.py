"""Read a file of corporate actions: ``symbol, ex_date, price_factor, kind`` and, if there, evidence and confidence."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from market.importers.columns import NO_TIME, wall_seconds
from market.importers.tables import FileTable

#: Events that make earlier prices incomparable. Other kinds are kept but never applied.
APPLIED_KINDS: Final = frozenset(
    {"split", "bonus", "split_or_bonus", "consolidation", "demerger", "rights", "demerger_or_rights", "spin_off",
     "capital_reduction", "special_dividend"}
)  # fmt: skip
#: Kinds of which we know that they are no event at all: defects of a vendor's series, or gaps nobody explained.
NO_EVENTS: Final = frozenset(
    {"vendor_rights_window_artifact", "open_price_outlier", "not_adjusted_by_vendor", "gap_after_absence",
     "unclassified_gap"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One row. ``fault`` says why it cannot be used at all; ``not_applied`` why it is kept but not applied."""

    line: int
    symbol: str
    ex_date: date | None
    price_factor: float | None
    kind: str
    confidence: str = ""
    evidence: str = ""
    fault: str = ""
    not_applied: str = ""


def read_actions(table: FileTable) -> list[ActionRow]:
    """Return the rows of a file. Raises UnreadableFile for a missing column."""
    table.require("symbol", "ex_date", "price_factor", "kind")
    names = ("symbol", "ex_date", "price_factor", "kind", "confidence", "evidence")
    columns = (table.texts(name) for name in names)
    return [_row(table.line(at), *values) for at, values in enumerate(zip(*columns, strict=True))]


def _row(line: int, symbol: str, ex_date: str, factor: str, kind: str, confidence: str, evidence: str) -> ActionRow:
    kind = kind.lower()
    day = _date(ex_date)
    value = _number(factor)
    fault = ""
    if not symbol:
        fault = "no symbol"
    elif day is None:
        fault = f"ex_date '{ex_date}' cannot be read"
    elif factor and factor.lower() != "nan" and value is None:
        fault = f"price_factor '{factor}' is not a number above zero"
    elif not kind:
        fault = "no kind"
    not_applied = ""
    if kind in NO_EVENTS:
        not_applied = f"{kind} is no corporate action"
    elif kind not in APPLIED_KINDS:
        not_applied = f"unknown kind '{kind}'"
    return ActionRow(line, symbol.upper(), day, value, kind[:40], confidence[:10], evidence[:200], fault, not_applied)


def _date(text: str) -> date | None:
    seconds = wall_seconds(text)
    return None if seconds == NO_TIME else datetime.fromtimestamp(seconds, UTC).date()


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 < value < 1000 else None
