"""The list of runs."""

from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from backtest.access import runs_of
from backtest.models import Run
from backtest.pages import metrics, words
from backtest.pages.flags import flags_of
from backtest.services.runs import tries_of
from core import clock
from market.models import Universe
from market.pages import figures

PAGE_ROWS: Final = 100
#: Badges of a row; further ones are counted.
BADGES: Final = 2


@method_decorator(never_cache, name="dispatch")
class BacktestsPage(LoginRequiredMixin, View):
    """``/backtests/?strategy=7&universe=nifty_100&page=2``: one's runs, newest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        every = runs_of(request.user)
        found = filtered(every, request.GET.get("strategy", ""), request.GET.get("universe", ""))
        total = found.count()
        pages = max(1, -(-total // PAGE_ROWS))
        asked = request.GET.get("page", "1")
        page = min(int(asked), pages) if asked.isdecimal() and 0 < len(asked) < 9 and int(asked) else 1
        shown = found[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
        titles = dict(Universe.objects.values_list("name", "title"))
        context = {
            "place": "strategies",
            "tab": "backtests",
            "rows": [row(run, titles) for run in shown],
            "total": total,
            "tries": tries_of(request.user.pk),
            "filters": filters(every, request, titles),
            "is_filtered": bool(request.GET.get("strategy") or request.GET.get("universe")),
            "page": page,
            "pages": pages,
            "older": address(request, page + 1) if page < pages else "",
            "newer": address(request, page - 1) if page > 1 else "",
        }
        return render(request, "backtest/list.html", context)


def filtered(runs: QuerySet[Run], strategy: str, universe: str) -> QuerySet[Run]:
    """Return the runs of a strategy and a universe; an empty or impossible value does not filter."""
    if strategy.isdecimal() and len(strategy) < 19:
        runs = runs.filter(strategy_id=int(strategy))
    if universe:
        runs = runs.filter(universe=universe.lower())
    return runs


def filters(runs: QuerySet[Run], request: HttpRequest, titles: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Return the strategies and universes that were run, for the pickers."""
    plain = runs.order_by()
    strategies = plain.exclude(strategy=None).values_list("strategy_id", "strategy__name").distinct()
    universes = plain.values_list("universe", flat=True).distinct()
    now = {name: request.GET.get(name, "") for name in ("strategy", "universe")}
    return {
        "strategies": [
            {"value": str(pk), "label": name, "current": str(pk) == now["strategy"]}
            for pk, name in sorted(strategies, key=lambda pair: pair[1].lower())
        ],
        "universes": [
            {"value": name, "label": words.universe(name, titles.get(name, "")), "current": name == now["universe"]}
            for name in sorted(universes)
        ],
    }


def row(run: Run, titles: dict[str, str]) -> dict[str, Any]:
    """Return a line of the list."""
    summary = run.summary
    found = (run.analysis.result or {}).get("flags", [])
    told = [flag for flag in flags_of([*run.flags, *found]) if flag.kind]
    return {
        "id": run.pk,
        "url": reverse("backtest", args=[run.pk]),
        "name": run.name,
        "universe": words.universe(run.universe, titles.get(run.universe, "")),
        "start": run.start_date,
        "end": run.end_date,
        "range": f"{run.start_date:%b %Y} – {run.end_date:%b %Y}",
        "cagr": metrics.figure(summary["cagr"], "change"),
        "against": metrics.figure(summary.get("excess_cagr"), "change"),
        "drawdown": metrics.figure(summary["max_drawdown_pct"], "percent"),
        "sharpe": metrics.figure(summary["sharpe"], "ratio"),
        "trades": figures.count(summary["total_trades"]),
        "flags": told[:BADGES],
        "more_flags": len(told) - BADGES if len(told) > BADGES else 0,
        "created_at": clock.isoformat_z(run.created_at),
    }


def address(request: HttpRequest, page: int) -> str:
    """Return the address of another page of the same list."""
    query = {key: request.GET[key] for key in ("strategy", "universe") if request.GET.get(key)}
    return f"{reverse('backtests')}?{urlencode({**query, 'page': page})}"
