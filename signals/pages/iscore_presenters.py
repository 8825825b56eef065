"""From a universe's I-Scores to the table: what was asked, rows, heads, pages, CSV. Pure: no database, no clock."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self
from urllib.parse import urlencode

from engines.iscore.tables import BUY, HOLD, INSUFFICIENT_DATA, TIERS, WEIGHTS
from engines.iscore.words import component_title
from market.constants import Exchange
from market.pages.figures import percent
from market.pages.presenters import instrument_url
from signals.pages import iscore_words as words
from signals.pages.iscore_words import Tier
from signals.services.iscore.reading import SORTS

PAGE_ROWS: Final = 100
DEFAULT_SORT: Final = "-iscore"
#: Stocks with prices of another source that are named, before the others are counted.
_NAMED: Final = 8
#: Words are sorted from A, numbers from the highest.
_WORDS: Final = ("symbol", "sector")
#: Values of the tier filter: tiers, and what has a code instead.
_UNKNOWN: Final = "unknown"
TIER_CHOICES: Final = (*((name.lower(), word) for name, word in words.TIER_WORDS.items()), (_UNKNOWN, words.TOO_LITTLE))
_HEADS: Final = (
    ("symbol", "Symbol", "", ""),
    ("iscore", "I-Score", "", ""),
    ("change", "Change", "num", "Points since the session before"),
    ("confidence", "Confidence", "num", "How much is known, how fresh, how well it agrees; no chance of a gain"),
    ("sector", "Sector", "optional", ""),
)


def both_ways(name: str) -> tuple[str, str]:
    """Return the two sorts of a column, the usual one first."""
    return (name, f"-{name}") if name in _WORDS else (f"-{name}", name)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for. ``sort`` is a name of `SORTS`, with a minus sign from the highest down."""

    universe: str = ""
    sector: str = ""
    tier: str = ""
    q: str = ""
    sort: str = DEFAULT_SORT
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Read the address; what cannot be read is left at its default."""
        sort, tier, page = query.get("sort", ""), query.get("tier", ""), query.get("page", "")
        return cls(
            universe=query.get("universe", "").lower()[:60],
            sector=query.get("sector", "")[:120],
            tier=tier if tier in dict(TIER_CHOICES) else "",
            q=query.get("q", "").strip()[:60],
            sort=sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT,
            page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 5 else 1,
        )

    def address(self, **more: Any) -> str:
        """Return the query string, without what is at its default."""
        default = type(self)()
        chosen = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) != getattr(default, name)}
        return f"?{urlencode(chosen | more)}"

    def on_page(self, number: int) -> str:
        """Return the address of another page of the same list."""
        return replace(self, page=number).address()

    def sorted_by(self, name: str) -> str:
        """Return the address of the same list by another column; by the same one, the other way round."""
        first, other = both_ways(name)
        return replace(self, sort=other if self.sort == first else first, page=1).address()


@dataclass(frozen=True, slots=True)
class Bar:
    """A component in a cell: its score as a bar of ``width`` in percent, ``raw`` for sorting. ``look``: its colour."""

    title: str
    text: str
    width: float
    look: str


@dataclass(frozen=True, slots=True)
class Row:
    """A stock in the table. ``ring`` is the score as a share of a circle in percent."""

    code: str
    exchange: str
    name: str
    url: str
    detail_url: str
    sector: str
    score: str
    ring: float
    tier: Tier
    confidence: str
    known: str
    change: dict[str, Any]
    bars: tuple[Bar, ...]


def look_of(score: float | None) -> str:
    """Return the class of a score's colour, by the borders of the tiers."""
    if score is None:
        return "unknown"
    least = dict(TIERS)
    return "high" if score >= least[BUY] else "middle" if score >= least[HOLD] else "low"


def detail_url(symbol: str) -> str:
    """Return the address of everything about a stock's I-Score."""
    return f"/iscore/{instrument_url(symbol).removeprefix('/market/')}"


def listing(symbol: str) -> str:
    """Return a stock as headings name it: ``RELIANCE``, ``RELIANCE on BSE`` for a listing beside the usual one."""
    exchange, _, code = symbol.partition(":")
    return code if exchange == Exchange.NSE else f"{code} on {exchange}"


def table_row(row: Mapping[str, Any]) -> Row:
    """Return a line of the table from one of `reading.iscore_table`."""
    exchange, _, code = row["symbol"].partition(":")
    return Row(
        code=code,
        exchange=exchange,
        name=row["name"],
        url=instrument_url(row["symbol"]),
        detail_url=detail_url(row["symbol"]),
        sector=row["sector"],
        score=words.score_text(row["iscore"]),
        ring=row["iscore"] or 0.0,
        tier=words.tier(row["recommendation"], row["code"]),
        confidence=percent(row["confidence"]),
        known=words.confidence_word(row["confidence"]),
        change=words.change_words(row["change"]),
        bars=tuple(
            Bar(component_title(name), "–" if value is None else f"{value:.0f}", value or 0.0, look_of(value))
            for name, value in ((name, row["components"][name]) for name in WEIGHTS)
        ),
    )


def other_sources(rows: Iterable[Mapping[str, Any]], source: str) -> str:
    """Return which rows have prices of another source than the table's, in brackets; nothing where none has."""
    codes: dict[str, list[str]] = {}
    for row in rows:
        if row["data_source"] != source and row["iscore"] is not None:
            codes.setdefault(row["data_source"], []).append(row["symbol"].partition(":")[2])
    said = [f"{other} prices of {_some(sorted(theirs))}" for other, theirs in sorted(codes.items())]
    return f" ({'; '.join(said)})" if said else ""


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:_NAMED])} and {more} more"


def heads(asked: Asked) -> list[dict[str, str]]:
    """Return the heads of the columns, each with the address that sorts by it."""
    current, falling = asked.sort.removeprefix("-"), asked.sort.startswith("-")
    parts = ((name, component_title(name), "num part", f"Weight {WEIGHTS[name]:.0f} of 100") for name in WEIGHTS)
    return [
        {
            "name": name,
            "title": title,
            "look": look,
            "hint": hint,
            "url": asked.sorted_by(name),
            "order": "none" if name != current else "descending" if falling else "ascending",
        }
        for name, title, look, hint in (*_HEADS, *parts)
    ]


def sort_choices(asked: Asked) -> list[dict[str, Any]]:
    """Return the sorts in words, for where the heads do not fit: each column's usual one, and the present one."""
    found = []
    for head in heads(asked):
        said = ("A to Z", "Z to A") if head["name"] in _WORDS else ("highest first", "lowest first")
        found += [
            {"value": value, "label": f"{head['title']}, {way}", "current": value == asked.sort}
            for at, (value, way) in enumerate(zip(both_ways(head["name"]), said, strict=True))
            if not at or value == asked.sort
        ]
    return found


def _tier_of(row: Mapping[str, Any]) -> str:
    """Return which value of the tier filter a row belongs to."""
    return _UNKNOWN if row["code"] == INSUFFICIENT_DATA else str(row["recommendation"]).lower()


def matching(rows: Iterable[Mapping[str, Any]], asked: Asked) -> list[Mapping[str, Any]]:
    """Return the rows that pass the filters, in their order."""
    needle = asked.q.lower()
    return [
        row
        for row in rows
        if (not asked.sector or row["sector"] == asked.sector)
        and (not asked.tier or _tier_of(row) == asked.tier)
        and (not needle or needle in f"{row['symbol']} {row['name']}".lower())
    ]


def sector_choices(rows: Iterable[Mapping[str, Any]], asked: Asked) -> list[dict[str, Any]]:
    """Return the sectors there are, by name, with how many rows each has; the chosen one even where it has none."""
    counts = Counter(row["sector"] for row in rows if row["sector"])
    if asked.sector:
        counts[asked.sector] += 0
    return [{"value": one, "label": f"{one} ({counts[one]})", "current": one == asked.sector} for one in sorted(counts)]


def tier_choices(rows: Iterable[Mapping[str, Any]], asked: Asked) -> list[dict[str, Any]]:
    """Return the tiers with how many rows each has."""
    counts = Counter(_tier_of(row) for row in rows)
    return [
        {"value": value, "label": f"{word} ({counts[value]})", "current": value == asked.tier}
        for value, word in TIER_CHOICES
    ]


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return all rows as CSV with raw numbers; what is unknown is an empty cell."""
    file = io.StringIO()
    writer = csv.writer(file)
    plain = ("symbol", "name", "sector", "iscore", "change", "confidence", "recommendation", "code")
    writer.writerow([*plain, *WEIGHTS, "as_of_session", "data_source"])
    for row in rows:
        cells = [row[name] for name in plain] + [row["components"][name] for name in WEIGHTS]
        writer.writerow([_safe(cell) for cell in (*cells, row["as_of_session"], row["data_source"])])
    return file.getvalue()


def _safe(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
