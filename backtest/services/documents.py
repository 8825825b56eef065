"""A finished run as the JSON document that is stored and answered.

What is not the same for equal hashes (id, times, analysis) is put round the document when it is answered. Tables are
stored by column, which is less than half as long, and answered as rows.
"""

import hashlib
from typing import Any, Final

import numpy as np
import orjson

from backtest import constants as names
from backtest.services import engine
from backtest.services.engine import BacktestResult, Outcome, percent, rounded
from engines.panel import Floats
from market.constants import Source

FIGURES: Final = frozenset({"roe", "debt_equity", "earnings_yield"})
DRAWDOWNS_SHOWN: Final = 10
#: Parts of a document that are stored by column.
TABLES: Final = ("equity_curve", "trades")


def document(found: Outcome) -> dict[str, Any]:
    """Return all of a run that its hash determines, in the order in which it is answered.

    `TABLES` are columns, as they are stored; `rows` makes of them what is answered.
    """
    flags = flags_of(found)
    return {
        "summary": summary(found),
        "equity_curve": equity_curve(found),
        "trades": trades(found),
        "monthly_returns": monthly_returns(found),
        "drawdowns": deepest(found),
        "flags": flags,
        "flag_notes": {flag: names.FLAG_NOTES.get(flag, "") for flag in flags},
        "provenance": provenance(found),
        "skipped": skipped(found),
        "costs": costs(found.result),
        "addons": addons(found),
        "open_positions": open_positions(found),
        "notes": list(found.market.notes),
        "data_source": found.market.source,
        "as_of": found.market.as_of.isoformat(),
    }


def rows(stored: dict[str, Any]) -> dict[str, Any]:
    """Return a document with its tables as lists of rows."""
    return {**stored, **{name: _rows(stored[name]) for name in TABLES}}


def _rows(table: dict[str, list[Any]]) -> list[dict[str, Any]]:
    keys = tuple(table)
    return [dict(zip(keys, row, strict=True)) for row in zip(*table.values(), strict=True)]


def encoded(value: dict[str, Any]) -> bytes:
    """Encode a document; NaN and infinities become null."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)


def summary(found: Outcome) -> dict[str, Any]:
    """Return the figures: percent numbers, rupees, ratios. `cagr` and `win_rate` are numbers even without trades."""
    measured, result = found.measured, found.result
    curve, closed = measured.curve, measured.trades
    cagr = percent(curve.cagr_calendar) or 0.0
    claimed = not measured.is_short_sample
    return {
        "cagr": cagr,
        "total_return_pct": percent(curve.total_return),
        "win_rate": percent(closed.win_rate) or 0.0,
        "total_trades": closed.trades,
        "max_drawdown_pct": percent(curve.max_drawdown),
        "sharpe": rounded(curve.sharpe, 4) if claimed else None,
        "sortino": rounded(curve.sortino, 4) if claimed else None,
        "calmar": rounded(curve.calmar, 4),
        "volatility_pct": percent(curve.volatility),
        "cagr_sessions": percent(curve.cagr_sessions),
        "beta": rounded(curve.beta, 4),
        "alpha_pct": percent(curve.alpha),
        "profit_factor": rounded(closed.profit_factor, 4),
        "expectancy": rounded(closed.expectancy, 2),
        "expectancy_r": rounded(closed.expectancy_r, 4),
        "average_win": rounded(closed.average_win, 2),
        "average_loss": rounded(closed.average_loss, 2),
        "average_bars_held": _mean(result.trades.bars_held),
        "exposure_pct": percent(measured.exposure),
        "turnover_pct": percent(measured.turnover),
        **_ends(found),
        **_against(found, cagr, claimed),
    }


def _ends(found: Outcome) -> dict[str, Any]:
    """Return what the run began and ended with."""
    result = found.result
    return {
        "starting_capital": result.capital,
        "final_equity": round(float(result.equity[-1]), 2),
        "net_profit": round(float(result.equity[-1]) - result.capital, 2),
        "total_costs": round(sum(result.costs.values()), 2),
        "open_positions": len(result.open.symbol),
        "stuck_days": result.stuck_days,
        "sessions": found.market.days,
        "start_date": str(found.dates[0]),
        "end_date": str(found.dates[-1]),
    }


def _against(found: Outcome, cagr: float, claimed: bool) -> dict[str, Any]:
    """Return the benchmark's figures."""
    other = found.benchmark_figures
    other_cagr = percent(other.cagr_calendar) or 0.0
    return {
        "benchmark": found.market.index or "equal-weighted universe",
        "benchmark_cagr": other_cagr,
        "benchmark_total_return_pct": percent(other.total_return),
        "benchmark_max_drawdown_pct": percent(other.max_drawdown),
        "benchmark_sharpe": rounded(other.sharpe, 4) if claimed else None,
        "excess_cagr": round(cagr - other_cagr, 4),
    }


def _mean(values: Any) -> float | None:
    return round(float(np.mean(values)), 2) if len(values) else None


def equity_curve(found: Outcome) -> dict[str, list[Any]]:
    """Return the columns of the curve, a value a session."""
    result = found.result
    return {
        "date": np.datetime_as_string(found.dates).tolist(),
        "equity": np.round(result.equity, 2).tolist(),
        "cash": np.round(result.cash, 2).tolist(),
        "benchmark": np.round(found.benchmark, 2).tolist(),
        "drawdown_pct": np.round(engine.drawdown_pct(result.equity), 4).tolist(),
    }


_PLAIN: Final = {
    "entry_price": 4, "exit_price": 4, "quantity": 0, "pnl": 2, "pnl_pct": 4, "charges": 2, "bars_held": 0,
    "conviction": 2, "mfe_pct": 4, "mae_pct": 4, "rank": 0, "addons": 0, "stuck_days": 0, "entry_factor": 8,
    "exit_factor": 8,
}  # fmt: skip


def trades(found: Outcome) -> dict[str, list[Any]]:
    """Return the columns of the closed round trips in the order of their exits."""
    table, panel, result = found.result.trades, found.market.panel, found.result
    days = np.datetime_as_string(panel.dates)
    symbols, sectors = np.array(panel.symbols, object), np.array(panel.sectors, object)
    reasons = {reason: result.reason_name(reason) for reason in set(table.reason.tolist())}
    named = {rule.name: rule.exit_price for rule in found.strategy.exits}
    why = [reasons[reason] for reason in table.reason.tolist()]
    return {
        "symbol": symbols[table.symbol].tolist(),
        "sector": sectors[table.symbol].tolist(),
        "entry_date": days[table.entry_day].tolist(),
        "exit_date": days[table.exit_day].tolist(),
        **{name: _column(getattr(table, name), digits) for name, digits in _PLAIN.items()},
        "exit_reason": why,
        "exit_price_rule": [named.get(reason) for reason in why],
        "exit_signal_date": days[table.exit_signal_day].tolist(),
        "entry_value": np.round(table.entry_price * table.quantity, 2).tolist(),
        "exit_value": np.round(table.exit_price * table.quantity, 2).tolist(),
    }


def _column(values: Any, digits: int) -> list[Any]:
    return np.round(values, digits).tolist() if digits else values.tolist()


def monthly_returns(found: Outcome) -> list[dict[str, Any]]:
    """Return a row a year: twelve months, null where there is no session, and the year."""
    table = engine.monthly_table(found.result.equity, found.dates)
    return [
        {"year": int(year), "months": _numbers(months), "total": _numbers(np.array([total]))[0]}
        for year, months, total in zip(table.year, table.months, table.years, strict=True)
    ]


def _numbers(values: Floats) -> list[float | None]:
    return [round(value, 4) if value == value else None for value in values.tolist()]


def deepest(found: Outcome) -> list[dict[str, Any]]:
    """Return the deepest drawdowns, deepest first; ``recovery_date`` null while one lasts."""
    days, last = found.dates, len(found.dates) - 1
    return [
        {
            "peak_date": str(days[one.peak]),
            "trough_date": str(days[one.trough]),
            "recovery_date": None if one.end is None else str(days[one.end]),
            "depth_pct": round(one.depth_pct, 4),
            "days": int((days[last if one.end is None else one.end] - days[one.peak]).astype(np.int64)),
        }
        for one in engine.drawdowns(found.result.equity, most=DRAWDOWNS_SHOWN)
    ]


def flags_of(found: Outcome) -> list[str]:
    """Return what a reader must know before he believes the figures."""
    market, result, uses = found.market, found.result, found.strategy.uses
    flags = list(market.flags)
    flags += engine.charge_flags(found.plan, market.panel.dates[market.first].item())
    told = {
        names.SHORT_SAMPLE: found.measured.is_short_sample,
        names.DELISTED: any(result.reason_name(reason) == "delisted" for reason in set(result.trades.reason.tolist())),
        names.PRICE_INDEX: bool(market.index),
        names.DATA_GAPS: _has_gaps(found),
        names.SIMULATED_DATA: market.source == Source.SIMULATED,
        names.FUNDAMENTALS_MISSING: bool(uses & FIGURES),
        names.ISCORE_HISTORY_MISSING: "iscore" in uses and _lacks_scores(found),
        names.WARM_UP_SHORT: market.first < found.strategy.warmup_bars - 1,
    }
    return flags + [flag for flag, is_so in told.items() if is_so]


def _lacks_scores(found: Outcome) -> bool:
    """Tell whether any simulated session has no kept I-Score at all: there the rule was unknown."""
    scores, market = found.market.data.figures.get("iscore"), found.market
    if scores is None:
        return True
    return bool(np.isnan(scores[market.first : market.last + 1]).all(axis=1).any())


def _has_gaps(found: Outcome) -> bool:
    """Tell whether a member lacks a bar after its first one."""
    panel, rows = found.market.panel, slice(found.market.first, found.market.last + 1)
    missing = np.isnan(panel.close[rows])
    listed = np.logical_or.accumulate(~missing, axis=0)
    return bool((missing & listed & panel.member[rows]).any())


def provenance(found: Outcome) -> dict[str, Any]:
    """Return what the result was made of; ``hash`` names all of it."""
    plan, caps, money = found.plan, found.result.caps, found.plan.money
    parts = {
        "strategy_id": plan.strategy_id,
        "strategy_version": plan.version,
        "strategy_hash": plan.strategy_hash,
        "strategy_name": plan.name,
        "parameters": {
            **dict(found.strategy.parameters),
            "starting_capital": money.starting_capital,
            "position_size_pct": caps.position_size_pct,
            "max_positions": caps.max_positions,
            "max_per_sector": caps.max_per_sector or None,
            "slippage_bps": money.slippage_bps,
            "same_day_sale_credit": money.same_day_sale_credit,
            "costs": money.costs,
            "seed": plan.seed,
        },
        "universe": plan.universe,
        "benchmark": plan.benchmark,
        "start_date": plan.start.isoformat(),
        "end_date": plan.end.isoformat(),
        "data_version": found.market.panel.version,
        **engine.versions_used(),
    }
    text = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
    return {"hash": hashlib.sha256(text).hexdigest(), **parts}


def skipped(found: Outcome) -> dict[str, Any]:
    """Return, by reason, how many candidates were not bought, and the first of them."""
    table, panel = found.result.skipped, found.market.panel
    rows = {}
    for at, name in enumerate(table.names):
        count = int(table.count[at])
        examples = [
            {"date": str(panel.dates[day]), "symbol": panel.symbols[symbol]}
            for day, symbol in zip(table.day[at][:count].tolist(), table.symbol[at][:count].tolist(), strict=True)
        ]
        rows[name] = {"count": count, "examples": examples}
    return rows


def costs(result: BacktestResult) -> dict[str, float]:
    """Return all charges in rupees by kind."""
    kinds = {kind: round(amount, 2) for kind, amount in result.costs.items()}
    return {"total": round(sum(result.costs.values()), 2), **kinds}


def addons(found: Outcome) -> list[dict[str, Any]]:
    """Return the add-ons that were bought, of closed and open positions, in the order of their days."""
    table, panel = found.result.addons, found.market.panel
    days = np.datetime_as_string(panel.dates[table.day]).tolist()
    return [
        {"date": day, "symbol": panel.symbols[symbol], "quantity": quantity, "price": round(price, 4)}
        for day, symbol, quantity, price in zip(
            days, table.symbol.tolist(), table.quantity.tolist(), table.price.tolist(), strict=True
        )
    ]


def open_positions(found: Outcome) -> list[dict[str, Any]]:
    """Return what is still held at the last close, marked there."""
    table, panel = found.result.open, found.market.panel
    return [
        {
            "symbol": panel.symbols[int(table.symbol[at])],
            "sector": panel.sectors[int(table.symbol[at])],
            "entry_date": str(panel.dates[int(table.entry_day[at])]),
            "quantity": int(table.quantity[at]),
            "entry_price": round(float(table.entry_price[at]), 4),
            "last_price": round(float(table.last_price[at]), 4),
            "gain_pct": round(100.0 * float(table.last_price[at] / table.entry_price[at] - 1.0), 4),
            "bars_held": int(table.bars_held[at]),
        }
        for at in range(len(table.symbol))
    ]
