"""Read a wide file of company figures: a symbol, when or for which period, and one column for each figure."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from market.importers.columns import NO_TIME, wall_seconds
from market.importers.tables import FileTable, UnreadableFile

#: Without a given date a figure counts as public so long after its period: listed companies must have reported by then
#: (60 days after the end of the year, SEBI LODR regulation 33).
ASSUMED_LAG_DAYS: Final = 60
#: Beyond this (in whatever unit) a value is a defect: the largest company is worth some 2e13 rupees.
LARGEST: Final = 1e15
_KNOWN: Final = ("known_from", "announced_on", "announcement_date", "snapshot_date", "as_of", "date", "collected_at")
_PERIODS: Final = ("period_end", "quarter_end", "fiscal_year")
_WORDS: Final = frozenset(
    {"symbol", "name", "company", "company_name", "sector", "industry", "isin", "isin_code", "exchange", "series",
     "currency"}
)  # fmt: skip
#: Columns that name the figure of a line where a file has one figure a line.
_LONG: Final = frozenset({"metric", "figure", "field", "item", "measure", "indicator", "parameter", "key"})
_METRIC: Final = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
_FISCAL: Final = re.compile(r"^(?:FY ?(?P<end>\d{2}|\d{4})|(?:FY ?)?(?P<first>\d{4})-(?P<last>\d{2}|\d{4}))$")
_ABSENT: Final = frozenset({"", "-", "na", "n/a", "null", "none"})
_YEARS: Final = range(1950, 2100)


@dataclass(frozen=True, slots=True)
class Figure:
    """One given cell. ``fault`` is (reason, sentence) when it cannot be used; ``known_from`` is None only then."""

    line: int
    symbol: str
    metric: str
    period_end: date | None
    known_from: date | None
    text: str
    value: float
    fault: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a file gives: its cells, how many were empty, and of how many the public date is only assumed."""

    cells: list[Figure]
    missing: int
    assumed: int


def read_figures(table: FileTable, as_of: date | None, *, today: date) -> Figures:
    """Return the figures of a file; ``as_of`` is when it was public if its rows do not say. Raises UnreadableFile.

    A row whose given dates lie after ``today`` is at fault; a day assumed by the rule of 60 days may.
    """
    metrics = _metrics(table)
    dated = [name for name in (*_KNOWN, *_PERIODS) if name in table.columns]
    if as_of is None and not dated:
        raise UnreadableFile(f"{table.file}: no column says when its figures were public; give --as-of DATE")
    symbols = table.texts("symbol")
    when = {name: table.texts(name) for name in dated}
    columns = [(metric, table.texts(metric)) for metric in metrics]
    cells: list[Figure] = []
    missing = assumed = 0
    for at, symbol in enumerate(symbols):
        period_end, known_from, fault = _dates({name: texts[at] for name, texts in when.items()}, as_of)
        row_fault = ("UNPARSABLE", fault or "no symbol") if fault or not symbol else None
        row_fault = row_fault or _future(period_end, known_from, today)
        by_rule = period_end is not None and not any(when[name][at] for name in _KNOWN if name in when)
        for metric, texts in columns:
            if texts[at].lower() in _ABSENT:
                missing += 1
                continue
            value, wrong = _number(metric, texts[at])
            wrong = row_fault or wrong
            assumed += by_rule and wrong is None
            cells.append(
                Figure(table.line(at), symbol.upper(), metric, period_end, known_from, texts[at], value, wrong)
            )
    return Figures(cells, missing, assumed)


def _future(period_end: date | None, known_from: date | None, today: date) -> tuple[str, str] | None:
    """Return the fault of a row that knows what has not happened; None for any other.

    A public day up to 60 days after the end of a period that is over may be one we assumed: it only counts later.
    """
    if period_end and period_end > today:
        return "FUTURE_DATE", f"the period ends on {period_end}, which has not come"
    assumed = period_end + timedelta(ASSUMED_LAG_DAYS) if period_end else None
    if known_from and known_from > today and known_from != assumed:
        return "FUTURE_DATE", f"public on {known_from}, which has not come"
    return None


def _metrics(table: FileTable) -> list[str]:
    """Return the columns that hold figures."""
    if "symbol" not in table.columns and any(name.startswith(("fii_", "dii_")) for name in table.columns):
        raise UnreadableFile(
            f"{table.file}: flows of foreign and domestic institutions (FII, DII) are figures of the whole market, "
            "not of companies; there is no column 'symbol'"
        )
    table.require("symbol")
    metrics = [name for name in table.columns if name not in _WORDS and name not in _KNOWN and name not in _PERIODS]
    for name in metrics:
        if not _METRIC.match(name):
            raise UnreadableFile(
                f"{table.file}: the column '{name}' cannot name a figure: a letter first, at most 40 characters"
            )
    named = [name for name in table.columns if name in _LONG]
    if "value" in metrics and (named or metrics == ["value"]):
        raise UnreadableFile(
            f"{table.file}: a figure a line ({', '.join([*named, 'value'])}) is not how this command reads a file; it "
            "needs a company a line and a column for each figure: symbol, announced_on, roe, debt_to_equity"
        )
    if not metrics:
        raise UnreadableFile(f"{table.file}: no column holds figures; it has {', '.join(table.header)}")
    return metrics


def _dates(given: dict[str, str], as_of: date | None) -> tuple[date | None, date | None, str]:
    """Return (end of the period, day it was public, '') of a row, or what is wrong with its dates.

    Of several given days the latest counts; without one it is ``as_of`` or 60 days after the period, the later.
    """
    days: dict[str, date] = {}
    for name, text in given.items():
        if not text:
            continue
        day = _fiscal_year_end(text) if name == "fiscal_year" else _date(text)
        if day is None:
            return None, None, f"{name} '{text[:40]}' cannot be read"
        days[name] = day
    period_end = next((days[name] for name in _PERIODS if name in days), None)
    known = max((days[name] for name in _KNOWN if name in days), default=None)
    if known is None:
        rules = [period_end + timedelta(ASSUMED_LAG_DAYS)] if period_end else []
        known = max((*rules, as_of) if as_of else rules, default=None)
    if known is None:
        return period_end, None, "no date, and --as-of is not given"
    if period_end and known < period_end:
        return period_end, None, f"public on {known}, before the period ended on {period_end}"
    return period_end, known, ""


def _date(text: str) -> date | None:
    try:
        seconds = wall_seconds(text)
    except (OverflowError, ValueError):
        return None
    day = None if seconds == NO_TIME else datetime.fromtimestamp(seconds, UTC).date()
    return day if day and day.year in _YEARS else None


def _fiscal_year_end(text: str) -> date | None:
    """Return 31 March of the year in which an Indian fiscal year ends: ``FY23``, ``FY2023`` and ``2022-23`` are one."""
    found = _FISCAL.match(text.upper())
    if found is None:
        return None
    last = int(found["end"] or found["last"])
    year = last if last > 99 else 2000 + last
    if found["first"] and int(found["first"]) + 1 != year:
        return None
    return date(year, 3, 31) if year in _YEARS else None


def _number(metric: str, text: str) -> tuple[float, tuple[str, str] | None]:
    try:
        # Python would take 1_000 for a number.
        value = float(text.replace(",", "").replace("_", "?"))
    except ValueError:
        return math.nan, ("UNPARSABLE", f"{metric} '{text[:40]}' is not a number")
    if not math.isfinite(value):
        return value, ("NOT_FINITE", f"{metric} '{text[:40]}' is not finite")
    if abs(value) > LARGEST:
        return value, ("ABSURD", f"{metric} {value:g} is beyond {LARGEST:g} in size")
    return value, None
