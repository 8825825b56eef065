"""The report of one run, and its deletion's way back to the list.

Every figure is in the page as the server sends it; charts and the whole table of trades are added by the script.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from backtest.access import access_run, runs_of
from backtest.models import Run
from backtest.pages import honesty, metrics, tables, words
from backtest.pages.flags import flags_of
from backtest.services.plans import Plan
from backtest.services.runs import analysis_out, content_of
from core import clock
from core.errors import NotFound, PlatformError
from market.models import Universe
from market.pages import figures
from signals.services.strategies.language import words_of


@method_decorator(never_cache, name="dispatch")
class ReportPage(LoginRequiredMixin, View):
    """``/backtests/12/``; ``?against=11`` is the run it was changed from, to be compared with."""

    def get(self, request: HttpRequest, run_id: int) -> HttpResponse:
        try:
            run = access_run(request.user, run_id)
        except NotFound as error:
            raise Http404(error.detail) from None
        return render(request, "backtest/report.html", report_context(run) | {"against": earlier(request, run)})


def earlier(request: HttpRequest, run: Run) -> int | None:
    """Return the number of the run named in the address, if it is the reader's own and another one."""
    text = request.GET.get("against", "")
    if not text.isdecimal() or len(text) > 18 or int(text) == run.pk:
        return None
    return int(text) if runs_of(request.user).filter(pk=int(text)).exists() else None


def report_context(run: Run) -> dict[str, Any]:
    """Return everything the report prints."""
    content, analysis = content_of(run), analysis_out(run.analysis)
    summary, trades, made_of = content["summary"], content["trades"], content["provenance"]
    flags = flags_of([*content["flags"], *analysis.get("flags", [])])
    return {
        "place": "strategies",
        "tab": "backtests",
        "run": run,
        "head": head(run, summary, made_of),
        "flags": flags,
        "grave": [flag for flag in flags if flag.kind == "danger"],
        "leading": metrics.leading(summary),
        "further": metrics.further(summary),
        "summary": summary,
        "years": tables.year_rows(content["monthly_returns"]),
        "month_names": tables.MONTHS,
        "drawdowns": tables.drawdown_rows(content["drawdowns"]),
        "reasons": tables.reason_rows(trades),
        "skips": tables.skip_rows(content["skipped"], made_of["parameters"]),
        "costs": tables.cost_rows(content["costs"]),
        "cost_total": metrics.figure(content["costs"]["total"], "rupees"),
        "cost_share": cost_share(summary),
        "trades": tables.trade_rows(trades),
        "trade_count": len(trades["symbol"]),
        "symbols": tables.traded_symbols(trades),
        "open_positions": tables.open_rows(content["open_positions"]),
        "notes": content.get("notes", []),
        "exit_words": {reason: words.exit_reason(reason) for reason in sorted(set(trades["exit_reason"]))},
        **analysis_context(analysis, summary),
    }


def analysis_context(analysis: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return how far the analysis is and what it has found."""
    baseline = analysis.get("random_baseline")
    return {
        "analysis": analysis,
        "findings": honesty.findings(analysis, summary),
        "baseline": baseline
        and {
            "returns": baseline["returns_pct"],
            "own": baseline["total_return_pct"],
            "middle": baseline["interval_pct"][1],
        },
    }


def head(run: Run, summary: Mapping[str, Any], made_of: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the run is of: strategy, market, range, money, versions."""
    universe = Universe.objects.filter(name=run.universe).values_list("title", flat=True).first()
    caps = made_of["parameters"]
    fixed = ("starting_capital", "position_size_pct", "max_positions", "max_per_sector", "slippage_bps",
             "same_day_sale_credit", "costs", "seed")  # fmt: skip
    return {
        "version": made_of["strategy_version"],
        "strategy_url": reverse("strategy", args=[run.strategy_id]) if run.strategy_id else "",
        "sentence": sentence(run),
        "universe": words.universe(run.universe, universe or ""),
        "range": f"{words.day(run.start_date)} to {words.day(run.end_date)}",
        "sessions": figures.grouped(summary["sessions"], 0),
        "benchmark": summary["benchmark"].partition(":")[2] or summary["benchmark"],
        "created_at": clock.isoformat_z(run.created_at),
        "money": money(caps),
        "params": [{"label": words.parameter(name), "value": words.number(value)} for name, value in caps.items()
                   if name not in fixed],
        "provenance": provenance(made_of),
    }  # fmt: skip


def money(caps: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what the account was made of, with effective values."""
    capital = figures.grouped(caps["starting_capital"], 0)
    rows = [
        ("Starting capital", f"₹{capital}"),
        ("Position size", f"{caps['position_size_pct']:g}% of equity"),
        ("Positions at most", str(caps["max_positions"])),
        ("A sector at most", str(caps["max_per_sector"] or "no cap")),
        ("Slippage", f"{caps['slippage_bps']:g} basis points an order"),
        ("Charges", words.plan_of(caps["costs"])),
        ("Sale money usable the same day", f"{100 * caps['same_day_sale_credit']:g}%"),
        ("Seed", str(caps["seed"])),
    ]
    return [{"label": label, "value": value} for label, value in rows]


def provenance(made_of: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what the hash stands for."""
    rows = [
        ("Rules", made_of["strategy_hash"]),
        ("Prices", made_of["data_version"]),
        ("Charge tables", made_of["charges_version"]),
        ("Simulator", made_of["engine_version"]),
    ]
    return [{"label": label, "value": str(value)} for label, value in rows]


def sentence(run: Run) -> str:
    """Return the rules in words; empty for a body that this release no longer reads."""
    if run.version_id is not None and run.version.sentence:
        return run.version.sentence
    try:
        return words_of(Plan.restored(run.request).rules)["sentence"]
    except (PlatformError, KeyError):
        return ""


def cost_share(summary: Mapping[str, Any]) -> str:
    """Return what the charges were beside the profit before them; empty without one."""
    before = summary["net_profit"] + summary["total_costs"]
    if before <= 0 or not summary["total_costs"]:
        return ""
    return f"{figures.grouped(100 * summary['total_costs'] / before, 0)}% of the profit before charges"
