"""The two analyses as they are printed."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import OpenApiExample

from engines.behaviour.analyze import Behaviour, Replayed
from engines.behaviour.patterns import Pattern
from engines.behaviour.tables import COOL_DOWN_MINUTES
from engines.behaviour.tables import VERSION as BEHAVIOUR_VERSION
from engines.behaviour.trades import Trade
from engines.portfolio_risk.analyze import Analysis, Slice
from engines.portfolio_risk.book import paise
from engines.portfolio_risk.tables import VERSION as PORTFOLIO_VERSION

PORTFOLIO_EXAMPLE = OpenApiExample(
    "Two shares and gold",
    {
        "currency": "INR",
        "holdings": [
            {
                "symbol": "RELIANCE", "qty": 50, "avg_price": 2400, "current_price": 2890,
                "sector": "Energy", "asset_class": "Equities",
            },
            {
                "symbol": "TCS", "qty": 20, "avg_price": 3500, "current_price": 3850,
                "sector": "IT", "asset_class": "Equities",
            },
            {
                "symbol": "GOLDBEES", "qty": 200, "avg_price": 55, "current_price": 62,
                "sector": "ETF", "asset_class": "Gold",
            },
        ],
    },
    request_only=True,
)  # fmt: skip
BEHAVIOUR_EXAMPLE = OpenApiExample(
    "Two trades",
    {
        "lookback": "Last 30 days",
        "trades": [
            {
                "symbol": "NIFTY", "side": "BUY", "qty": 75, "price": 120, "entry_time": "2026-04-12T09:18:00",
                "exit_time": "2026-04-12T09:25:00", "pnl": -450, "segment": "FNO",
            },
            {
                "symbol": "NIFTY", "side": "BUY", "qty": 150, "price": 110, "entry_time": "2026-04-12T09:35:00",
                "exit_time": "2026-04-12T09:50:00", "pnl": -1200, "segment": "FNO",
            },
        ],
    },
    request_only=True,
)  # fmt: skip


def rounded(value: float | None, digits: int = 2) -> float | None:
    """Return a figure for print; None stays."""
    return None if value is None else round(value, digits)


def _money(value: Decimal | None) -> Decimal | None:
    return None if value is None else paise(value)


def portfolio_report(found: Analysis, *, currency: str, rows: int) -> dict[str, Any]:
    """Return summary and details of a portfolio. ``rows``: holdings as they were sent."""
    return {"summary": _portfolio_summary(found, currency, rows), "details": _portfolio_details(found)}


def _portfolio_summary(found: Analysis, currency: str, rows: int) -> dict[str, Any]:
    book, top = found.book, found.book.positions[0]
    return {
        "currency": currency,
        "holdings_count": rows,
        "sector_count": found.sector_count,
        "total_invested": _money(book.invested),
        "total_current_value": _money(book.value),
        "total_pnl": _money(book.pnl),
        "total_pnl_pct": rounded(book.pnl_pct),
        "risk_score": found.risk.score,
        "risk_grade": found.risk.grade,
        "concentration_hhi": rounded(found.risk.hhi, 1),
        "concentration_label": found.risk.hhi_label,
        "effective_holdings": rounded(found.risk.effective_holdings, 2),
        "top_holding_pct": rounded(top.weight_pct),
        "top_holding_symbol": top.symbol,
        "warnings_count": len(found.findings),
        "engine_version": PORTFOLIO_VERSION,
    }


def _portfolio_details(found: Analysis) -> dict[str, Any]:
    return {
        "holdings": [
            {
                "symbol": p.symbol, "asset_class": p.asset_class, "sector": p.sector, "qty": p.qty,
                "avg_price": p.avg_price, "current_price": p.price, "invested": _money(p.invested),
                "current_value": _money(p.value), "pnl": _money(p.pnl), "pnl_pct": rounded(p.pnl_pct),
                "weight_pct": rounded(p.weight_pct),
            }
            for p in found.book.positions
        ],
        "sector_allocation": _slices(found.sectors),
        "asset_allocation": _slices(found.classes),
        "risk_heatmap": [
            {
                "symbol": p.symbol, "weight_pct": rounded(p.weight_pct, 1), "risk_score": heat,
                "asset_class": p.asset_class,
            }
            for p, heat in zip(found.book.positions, found.heat, strict=True)
        ],
        "risk_parts": {name: rounded(value) for name, value in found.risk.parts.items()},
        "warnings": [
            {"type": row.kind, "severity": row.severity, "message": row.message, "subject": row.subject or None}
            for row in found.findings
        ],
        "recommendations": [row.recommendation for row in found.findings],
    }  # fmt: skip


def _slices(parts: Sequence[Slice]) -> list[dict[str, Any]]:
    return [
        {"name": part.name, "weight_pct": rounded(part.weight_pct), "value": _money(part.value), "count": part.count}
        for part in parts
    ]


def what_if_report(before: Analysis, after: Analysis) -> dict[str, Any]:
    """Return the figures after the changes, and how far each has moved."""
    figures = {
        "risk_score": (before.risk.score, after.risk.score),
        "concentration_hhi": (before.risk.hhi, after.risk.hhi),
        "top_holding_pct": (before.book.positions[0].weight_pct, after.book.positions[0].weight_pct),
        "total_current_value": (float(before.book.value), float(after.book.value)),
        "warnings_count": (float(len(before.findings)), float(len(after.findings))),
    }
    return {
        "risk_grade": after.risk.grade,
        "top_holding_symbol": after.book.positions[0].symbol,
        **{
            name: {"before": rounded(a), "after": rounded(b), "change": rounded(b - a)}
            for name, (a, b) in figures.items()
        },
        "warnings": [row.message for row in after.findings],
    }


def behaviour_report(found: Behaviour, replayed: Replayed, *, trades: Sequence[Trade], lookback: str) -> dict[str, Any]:
    """Return summary and details of ``trades`` as they were sent, with what a cool-down would have changed."""
    return {
        "summary": _behaviour_summary(found, lookback),
        "details": {
            "patterns": [_pattern(row) for row in found.patterns],
            "stats": _stats(found),
            "recommendations": list(found.advice),
            "trades": [
                {
                    "index": index,
                    "symbol": trade.symbol,
                    "strategy": trade.strategy,
                    "patterns": [row.pattern for row in found.patterns if row.detected and _shows(row, trade)],
                }
                for index, trade in enumerate(trades)
            ],
            "what_if": {
                "rule": f"No entry for {COOL_DOWN_MINUTES} minutes after a loss.",
                "skipped_trades": len(replayed.skipped),
                "total_pnl": _money(replayed.total_pnl),
                "difference": _money(replayed.difference),
            },
            "note": (
                "Eight patterns are looked for, so that one may show by chance in a small sample. "
                "`n` says how many trades each rests on."
            ),
        },
    }


def _behaviour_summary(found: Behaviour, lookback: str) -> dict[str, Any]:
    stats = found.stats
    return {
        "lookback": lookback,
        "discipline_score": found.score,
        "discipline_grade": found.grade,
        "total_trades": len(found.trades),
        "closed_trades": stats.closed,
        "win_rate_pct": rounded(stats.win_rate_pct),
        "profit_factor": rounded(stats.profit_factor),
        "total_pnl": _money(stats.total_pnl),
        "patterns_detected": found.detected,
        "top_concern": found.top_concern,
        "low_confidence": found.low_confidence,
        "engine_version": BEHAVIOUR_VERSION,
    }


def _pattern(row: Pattern) -> dict[str, Any]:
    metric = {name: rounded(value, 4) if isinstance(value, float) else value for name, value in row.metric.items()}
    return {
        "pattern": row.pattern, "detected": row.detected, "severity": row.severity, "evidence": row.evidence,
        "metric": metric, "n": row.n, "sufficient": row.sufficient,
    }  # fmt: skip


def _shows(row: Pattern, trade: Trade) -> bool:
    return any(trade is other for other in row.trades)


def _stats(found: Behaviour) -> dict[str, Any]:
    stats = found.stats
    best, worst = stats.best_symbol, stats.worst_symbol
    return {
        "win_rate_pct": rounded(stats.win_rate_pct),
        "avg_win": _money(stats.avg_win),
        "avg_loss": _money(stats.avg_loss),
        "profit_factor": rounded(stats.profit_factor),
        "total_pnl": _money(stats.total_pnl),
        "segment_breakdown": stats.segments,
        "strategy_breakdown": stats.strategies,
        "top_5_symbols": [list(row) for row in stats.top_symbols],
        "hourly_distribution": stats.hours,
        "best_symbol": None if best is None else {"symbol": best[0], "pnl": _money(best[1])},
        "worst_symbol": None if worst is None else {"symbol": worst[0], "pnl": _money(worst[1])},
    }
