"""The tables of a report: months, drawdowns, reasons, what was skipped, charges, trades. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

from backtest.pages import metrics, words
from market.pages import figures, presenters
from market.pages.figures import Figure

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: Percent from which a month (a year) has the fullest shade. The browser's twin is lib/charts/monthly.ts.
FULL_MONTH_PCT: Final = 8.0
FULL_YEAR_PCT: Final = 40.0
SHADES: Final = 4
TRADES_FIRST: Final = 25


@dataclass(frozen=True, slots=True)
class MonthCell:
    """A month's return and its shade: u1 to u4, d1 to d4, empty for none."""

    text: str
    exact: str
    raw: str
    shade: str


@dataclass(frozen=True, slots=True)
class YearRow:
    """A year of months with its total."""

    year: int
    months: Sequence[MonthCell]
    total: MonthCell


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, with a bar: ``share_pct`` of the largest part sets its length."""

    label: str
    figure: Figure
    share_pct: float
    note: str = ""


def shade(value: float | None, full: float) -> str:
    """Return the shade of a return of which ``full`` percent is the fullest."""
    if not value:
        return ""
    step = max(1, min(SHADES, ceil(abs(value) / full * SHADES)))
    return f"{'u' if value > 0 else 'd'}{step}"


def _month(value: float | None, full: float) -> MonthCell:
    if value is None:
        return MonthCell("", "", "", "")
    exact = f"{figures.signed(value, 2)}%"
    return MonthCell(figures.signed(value, 1), exact, repr(value), shade(value, full))


def year_rows(monthly: Sequence[Mapping[str, Any]]) -> list[YearRow]:
    """Return the table of months, the latest year first."""
    return [
        YearRow(row["year"], [_month(value, FULL_MONTH_PCT) for value in row["months"]],
                _month(row["total"], FULL_YEAR_PCT))
        for row in reversed(monthly)
    ]  # fmt: skip


def drawdown_rows(drawdowns: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the deepest drawdowns; one that lasts has no recovery."""
    return [
        {
            "depth": figures.share_pct(row["depth_pct"]),
            "peak": row["peak_date"],
            "trough": row["trough_date"],
            "recovery": row["recovery_date"],
            "days": figures.count(row["days"]),
        }
        for row in drawdowns
    ]


def reason_rows(trades: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return, by exit reason, how many trades ended so, how many of them won, and what they brought."""
    found: dict[str, list[float]] = {}
    for reason, pnl in zip(trades["exit_reason"], trades["pnl"], strict=True):
        found.setdefault(reason, []).append(pnl)
    most = max((len(pnl) for pnl in found.values()), default=1)
    total = sum(len(pnl) for pnl in found.values()) or 1
    rows = [
        {
            "label": words.exit_reason(reason),
            "count": figures.count(len(pnl)),
            "share": figures.share_pct(100 * len(pnl) / total),
            "bar_pct": round(100 * len(pnl) / most, 1),
            "wins": figures.share_pct(100 * sum(value > 0 for value in pnl) / len(pnl)),
            "pnl": _rupees(sum(pnl)),
            "size": len(pnl),
        }
        for reason, pnl in found.items()
    ]
    return sorted(rows, key=lambda row: -row["size"])


def _rupees(value: float) -> Figure:
    shown = figures.compact(abs(value))
    sign = {"up": "+", "down": figures.MINUS, "flat": ""}[figures.direction(value)]
    return Figure(f"{sign}{shown.text}", repr(round(value, 2)), f"{sign}₹{figures.grouped(abs(value), 2)}",
                  figures.direction(value))  # fmt: skip


def cost_rows(costs: Mapping[str, float]) -> list[Share]:
    """Return charges by kind, the largest first; kinds that cost nothing are left out."""
    kinds = sorted(
        ((kind, value) for kind, value in costs.items() if kind != "total" and value), key=lambda row: -row[1]
    )
    total = costs.get("total") or 1.0
    most = kinds[0][1] if kinds else 1.0
    return [
        Share(
            words.cost_kind(kind),
            Figure(f"₹{figures.grouped(value, 0)}", repr(value), f"₹{figures.grouped(value, 2)}"),
            round(100 * value / most, 1),
            figures.share_pct(100 * value / total).text,
        )
        for kind, value in kinds
    ]


def skip_rows(skipped: Mapping[str, Mapping[str, Any]], caps: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what was not bought by what stopped it, the most frequent first. ``caps``: the run's parameters."""
    most = max((row["count"] for row in skipped.values()), default=0) or 1
    rows = []
    for name, row in skipped.items():
        label, why, remedy = words.SKIPS.get(name, (words.parameter(name), "", ""))
        rows.append(
            {
                "label": label,
                "why": why,
                "remedy": remedy,
                "cap": _cap(name, caps),
                "count": figures.count(row["count"]),
                "size": row["count"],
                "bar_pct": round(100 * row["count"] / most, 1),
                "examples": [_example(example) for example in row["examples"]],
                "more": max(0, row["count"] - len(row["examples"])),
            }
        )
    return sorted(rows, key=lambda row: -row["size"])


def _cap(name: str, caps: Mapping[str, Any]) -> str:
    if name == "skipped_max_positions":
        return f"At most {caps['max_positions']} positions"
    if name == "skipped_max_per_sector":
        return f"At most {caps['max_per_sector']} a sector" if caps.get("max_per_sector") else "No cap a sector"
    if name == "skipped_no_cash":
        return f"{caps['position_size_pct']:g}% of equity a position"
    return ""


def _example(row: Mapping[str, str]) -> dict[str, str]:
    return {
        "date": words.day(row["date"]),
        "code": row["symbol"].partition(":")[2],
        "url": presenters.instrument_url(row["symbol"]),
    }


def trade_rows(trades: Mapping[str, Sequence[Any]], first: int = TRADES_FIRST) -> list[dict[str, Any]]:
    """Return the last ``first`` trades, newest exit first, as the browser shows them too (pages/backtest/trades.ts)."""
    count = len(trades["symbol"])
    return [
        _trade({name: column[at] for name, column in trades.items()}, at) for at in range(count - 1, -1, -1)[:first]
    ]


def _trade(row: Mapping[str, Any], at: int) -> dict[str, Any]:
    exchange, _, code = row["symbol"].partition(":")
    return {
        "at": at,
        "code": code,
        "exchange": exchange,
        "url": presenters.instrument_url(row["symbol"]),
        "sector": row["sector"],
        "entry_date": row["entry_date"],
        "exit_date": row["exit_date"],
        "entry_price": figures.price(row["entry_price"]),
        "exit_price": figures.price(row["exit_price"]),
        "quantity": figures.count(row["quantity"]),
        "pnl": signed_rupees(row["pnl"]),
        "pnl_pct": figures.change_pct(row["pnl_pct"]),
        "charges": figures.count(row["charges"]),
        "bars_held": figures.count(row["bars_held"]),
        "reason": words.exit_reason(row["exit_reason"]),
        "mfe_pct": figures.change_pct(row["mfe_pct"]),
        "mae_pct": figures.change_pct(row["mae_pct"]),
        "conviction": Figure(figures.grouped(row["conviction"], 0), repr(row["conviction"])),
    }


def signed_rupees(value: float) -> Figure:
    """Return whole rupees with their sign; paise in the tooltip."""
    return Figure(figures.signed(value, 0), repr(value), f"₹{figures.signed(value, 2)}", figures.direction(value))


def traded_symbols(trades: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return the symbols that were traded with their number of trades and net profit, A to Z."""
    found: dict[str, list[float]] = {}
    for symbol, pnl in zip(trades["symbol"], trades["pnl"], strict=True):
        found.setdefault(symbol, []).append(pnl)
    return [
        {"symbol": symbol, "code": symbol.partition(":")[2], "trades": len(found[symbol]),
         "pnl": metrics.figure(sum(found[symbol]), "money").text}
        for symbol in sorted(found)
    ]  # fmt: skip


def open_rows(positions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what is still held at the last close."""
    return [
        {
            "code": row["symbol"].partition(":")[2],
            "exchange": row["symbol"].partition(":")[0],
            "url": presenters.instrument_url(row["symbol"]),
            "sector": row["sector"],
            "entry_date": row["entry_date"],
            "quantity": figures.count(row["quantity"]),
            "entry_price": figures.price(row["entry_price"]),
            "last_price": figures.price(row["last_price"]),
            "gain_pct": figures.change_pct(row["gain_pct"]),
            "bars_held": figures.count(row["bars_held"]),
        }
        for row in positions
    ]
