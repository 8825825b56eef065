"""How to read a report: every figure, every part of the analysis, every flag."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from backtest.pages.definitions import ANALYSIS, DEFINITIONS
from backtest.pages.flags import known_flags


class GuidePage(LoginRequiredMixin, View):
    """``/backtests/guide/#sharpe``."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {"figures": DEFINITIONS, "analysis": ANALYSIS, "flags": known_flags()}
        return render(request, "backtest/guide.html", {"place": "strategies", "tab": "backtests", **context})
