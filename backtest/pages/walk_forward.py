"""Walk-forward tests: the list, the form, and one with its windows."""

from typing import Any, Final

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from backtest.models import Study
from backtest.pages import study_presenters as presenters
from backtest.pages.studies import StudiesPage, study_context
from backtest.pages.study_forms import form_context
from core import clock

KIND: Final = Study.Kind.WALK_FORWARD


class WalkForwardsPage(StudiesPage):
    """``/backtests/walk-forward/``."""

    kind = KIND
    template = "backtest/walks.html"


class NewWalkForwardPage(LoginRequiredMixin, View):
    """``/backtests/walk-forward/new/?strategy=v3_dip_buyer``."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = form_context(request, kind=KIND, now=clock.now())
        context |= {"tab": "walk-forward", "kind": "walk_forward", "api": "/api/backtest/walk-forward"}
        return render(request, "backtest/walk_new.html", context)


@method_decorator(never_cache, name="dispatch")
class WalkForwardPage(LoginRequiredMixin, View):
    """``/backtests/walk-forward/12/``."""

    def get(self, request: HttpRequest, study_id: int) -> HttpResponse:
        context = study_context(request, study_id, KIND)
        study: Study = context["study"]
        context |= {"tab": "walk-forward", "months": asked_months(study)}
        if study.points:
            context |= presenters.windows(study.points, study.request["metric"])
            context["window_data"] = chart_data(study)
        if study.result:
            context["stats"] = presenters.walk_stats(study.result["summary"])
            context["efficiency"] = presenters.efficiency(study.result["summary"], study.points)
        return render(request, "backtest/walk.html", context)


def asked_months(study: Study) -> dict[str, int]:
    """Return how many months were trained and tested at a time."""
    return {"train": study.request["train_months"], "test": study.request["test_months"]}


def chart_data(study: Study) -> dict[str, Any]:
    """Return what the charts draw: figures in and out of sample by window, and the joined curve."""
    curve = (study.result or {}).get("equity_curve", [])
    rows = [
        {
            "name": presenters.months(point["test_from"], point["test_to"]),
            "inside": point["in_sample"]["cagr"],
            "outside": point["out_of_sample"]["cagr"],
        }
        for point in study.points
    ]
    return {
        "windows": rows,
        "dates": [point["date"] for point in curve],
        "values": [round(point["value"], 3) for point in curve],
    }
