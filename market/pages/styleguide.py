"""Every component once, with values made for it. For staff."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin, UserPassesTestMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from market.pages import figures, presenters

SPARK = (100.0, 101.2, 100.7, 102.4, 103.1, 102.2, 104.0, 104.6)
TOKENS = (
    "canvas", "surface", "sunken", "raised", "hover", "selected", "line", "line-strong", "ink", "ink-2", "ink-3",
    "accent", "accent-soft", "up", "up-soft", "down", "down-soft", "warning", "warning-soft", "danger", "danger-soft",
    "series-1", "series-2", "series-3", "series-4", "series-5",
)  # fmt: skip
SECTORS = (
    {
        "name": "Banks", "change_pct": 1.2, "advances": 3, "declines": 1, "turnover_weight": 62.0,
        "symbols": [
            {"symbol": "NSE:HDFCBANK", "change_pct": 1.9, "last_price": 1682.4},
            {"symbol": "NSE:ICICIBANK", "change_pct": 0.8, "last_price": 1240.1},
            {"symbol": "NSE:SBIN", "change_pct": -0.4, "last_price": 811.3},
        ],
    },
    {
        "name": "Information technology", "change_pct": -1.7, "advances": 0, "declines": 2, "turnover_weight": 38.0,
        "symbols": [
            {"symbol": "NSE:INFY", "change_pct": -2.6, "last_price": 1544.0},
            {"symbol": "NSE:TCS", "change_pct": -0.9, "last_price": 3921.5},
        ],
    },
)  # fmt: skip


class StyleGuidePage(LoginRequiredMixin, UserPassesTestMixin, View):
    """The parts of the interface side by side, so that a change of one is seen against the rest."""

    def test_func(self) -> bool:
        return self.request.user.is_staff

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "styleguide.html", specimens())


METRIC = {
    "key": "sharpe",
    "label": "Sharpe ratio",
    "figure": figures.Figure("0.82", "0.8212", "0.8212"),
    "note": "Benchmark 0.64",
    "how": {
        "anchor": "sharpe",
        "formula": "mean(r − rf) ÷ standard deviation(r − rf) × √252",
        "inputs": "Daily returns of equity.",
        "meaning": "Return for each unit of fluctuation, a year.",
    },
}
FLAG = {
    "key": "SHORT_SAMPLE",
    "label": "Short sample",
    "kind": "warning",
    "means": "Under three years or under thirty trades.",
    "todo": "Choose a longer range.",
}


def specimens() -> dict[str, Any]:
    """Return one value for each component."""
    levels = [{"price": 1544.0 - i * 0.05, "quantity": 900 - 150 * i, "orders": 12 - i} for i in range(5)]
    offers = [{"price": 1544.05 + i * 0.05, "quantity": 200 + 170 * i, "orders": 3 + i} for i in range(5)]
    return {
        "tokens": TOKENS,
        "rows": [
            presenters.row("NSE:INFY", name="Infosys", last_price=1544.0, change=-41.2, change_pct=-2.6),
            presenters.row("NSE:HDFCBANK", name="HDFC Bank", last_price=1682.4, change=31.4, change_pct=1.9),
            presenters.row("NSE:NIFTY 50", name="NIFTY 50", last_price=24_812.05, change=0.0, change_pct=0.0),
        ],
        "index": presenters.row(
            "NSE:NIFTY 50", name="NIFTY 50", last_price=24_812.05, change=112.4, change_pct=0.46, spark=SPARK
        ),
        "metric": METRIC,
        "flag": FLAG,
        "volume": figures.compact(34_567_890),
        "depth": presenters.depth({"buy": levels, "sell": offers}),
        "year": presenters.range_meter(1307.0, 2006.45, 1544.0),
        "breadth": presenters.breadth({"advances": 61, "declines": 35, "unchanged": 4}),
        "sectors": presenters.sector_rows(SECTORS),
        "sector_data": list(SECTORS),
        "tabs": [
            {"label": "Overview", "url": "#", "current": True},
            {"label": "Holdings", "url": "#", "current": False},
        ],
    }
