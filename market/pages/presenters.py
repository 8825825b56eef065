"""From the payloads of the services to what the templates print. Pure: no database, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote as url_quote

from market.adapters.base import Quote
from market.pages import figures
from market.pages.figures import Figure, Spark

#: Age in seconds from which a live price is shown as stale while the market trades.
STALE_AFTER_S = 10
DEPTH_LEVELS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """A line about an instrument: who, where it leads, and its price."""

    key: str
    code: str
    exchange: str
    name: str
    url: str
    last: Figure
    change: Figure
    change_pct: Figure
    spark: Spark | None = None


@dataclass(frozen=True, slots=True)
class SectorRow:
    """A line of the sector table; ``turnover_pct`` is its share of the rupees traded."""

    name: str
    change_pct: Figure
    advances: int
    declines: int
    turnover_pct: Figure


@dataclass(frozen=True, slots=True)
class Breadth:
    """Counts, and the three bars in percent of the width."""

    advances: int
    declines: int
    unchanged: int
    up_pct: float
    flat_pct: float
    down_pct: float
    down_from_pct: float


@dataclass(frozen=True, slots=True)
class Level:
    """One price of the order book; ``share_pct`` of the largest quantity on either side."""

    price: str
    quantity: str
    orders: str
    share_pct: float


@dataclass(frozen=True, slots=True)
class Depth:
    """Both sides, each always with five levels."""

    buy: tuple[Level, ...]
    sell: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class RangeMeter:
    """Where a price stands between a low and a high. ``marker_pct`` is None when it is unknown."""

    low: str
    high: str
    low_raw: str
    high_raw: str
    marker_pct: float | None
    place: str


def instrument_url(key: str) -> str:
    """Return the address of an instrument's page."""
    return f"/market/{url_quote(key, safe=':')}/"


def row(
    key: str,
    *,
    name: str = "",
    last_price: float | None = None,
    change: float | None = None,
    change_pct: float | None = None,
    spark: Sequence[float] = (),
) -> Row:
    """Return the line of one instrument; what is unknown is shown as a dash."""
    exchange, _, code = key.partition(":")
    return Row(
        key=key,
        code=code,
        exchange=exchange,
        name=name,
        url=instrument_url(key),
        last=figures.price(last_price),
        change=figures.change(change),
        change_pct=figures.change_pct(change_pct),
        spark=None if last_price is None or change is None else figures.spark(name or code, spark, last_price - change),
    )


def overview_rows(payload: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return the lines of indices, gainers or losers as ``/api/market/overview`` gives them."""
    fields = ("name", "last_price", "change", "change_pct")
    return [
        row(item["symbol"], spark=item.get("spark") or (), **{field: item[field] for field in fields})
        for item in payload
    ]


def watch_rows(symbols: Sequence[str], quotes: Mapping[str, Quote], names: Mapping[str, str]) -> list[Row]:
    """Return a watchlist's lines in its owner's order, with dashes for symbols without a quote yet."""
    rows = []
    for key in symbols:
        quote = quotes.get(key)
        known = {} if quote is None else {
            "last_price": quote.last_price, "change": quote.change, "change_pct": quote.change_pct
        }  # fmt: skip
        rows.append(row(key, name=names.get(key, ""), **known))
    return rows


def sector_rows(sectors: Sequence[Mapping[str, Any]]) -> list[SectorRow]:
    """Return the table twin of the heat map, best sector first."""
    total = sum(sector["turnover_weight"] or 0.0 for sector in sectors) or 1.0
    ordered = sorted(sectors, key=lambda sector: -(sector["change_pct"] or 0.0))
    return [
        SectorRow(
            name=sector["name"],
            change_pct=figures.change_pct(sector["change_pct"]),
            advances=sector["advances"],
            declines=sector["declines"],
            turnover_pct=figures.share_pct(100 * (sector["turnover_weight"] or 0.0) / total),
        )
        for sector in ordered
    ]


def breadth(counts: Mapping[str, int]) -> Breadth:
    """Return the breadth bar."""
    advances, declines, unchanged = counts["advances"], counts["declines"], counts["unchanged"]
    total = max(1, advances + declines + unchanged)
    up, down = round(100 * advances / total, 2), round(100 * declines / total, 2)
    return Breadth(
        advances=advances,
        declines=declines,
        unchanged=unchanged,
        up_pct=up,
        flat_pct=round(100 * unchanged / total, 2),
        down_pct=down,
        down_from_pct=round(100 - down, 2),
    )


def depth(book: Mapping[str, Sequence[Mapping[str, Any]]]) -> Depth | None:
    """Return the ladder, padded to five levels a side; None when the source gives no depth."""
    levels = [*book["buy"], *book["sell"]]
    if not levels:
        return None
    most = max(level["quantity"] for level in levels) or 1
    return Depth(buy=_side(book["buy"], most), sell=_side(book["sell"], most))


def _side(levels: Sequence[Mapping[str, Any]], most: int) -> tuple[Level, ...]:
    shown = [
        Level(
            price=figures.grouped(level["price"], 2),
            quantity=figures.grouped(level["quantity"], 0),
            orders=figures.grouped(level["orders"], 0),
            share_pct=round(100 * level["quantity"] / most, 1),
        )
        for level in levels[:DEPTH_LEVELS]
    ]
    blank = Level(figures.UNKNOWN, figures.UNKNOWN, figures.UNKNOWN, 0.0)
    return tuple(shown + [blank] * (DEPTH_LEVELS - len(shown)))


def range_meter(low: float | None, high: float | None, last: float | None) -> RangeMeter | None:
    """Return the meter of ``last`` between ``low`` and ``high``; None when the bounds are unknown."""
    if low is None or high is None:
        return None
    share = None if last is None or high <= low else min(1.0, max(0.0, (last - low) / (high - low)))
    return RangeMeter(
        low=figures.grouped(low, 2),
        high=figures.grouped(high, 2),
        low_raw=repr(low),
        high_raw=repr(high),
        marker_pct=None if share is None else round(1 + 98 * share, 2),
        place="price unknown" if share is None else f"the price stands at {share:.0%} of the range",
    )
