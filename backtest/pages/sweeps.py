"""Sweeps: the list, the form, and one with its map."""

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

KIND: Final = Study.Kind.SWEEP


class SweepsPage(StudiesPage):
    """``/backtests/sweeps/``."""

    kind = KIND
    template = "backtest/sweeps.html"


class NewSweepPage(LoginRequiredMixin, View):
    """``/backtests/sweep/new/?strategy=v3_dip_buyer``."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = form_context(request, kind=KIND, now=clock.now())
        context |= {"tab": "sweeps", "kind": "sweep", "api": "/api/backtest/sweep"}
        return render(request, "backtest/sweep_new.html", context)


@method_decorator(never_cache, name="dispatch")
class SweepPage(LoginRequiredMixin, View):
    """``/backtests/sweeps/12/``; figure, axes and the chosen set stand in the query."""

    def get(self, request: HttpRequest, study_id: int) -> HttpResponse:
        context = study_context(request, study_id, KIND)
        study: Study = context["study"]
        context |= {"tab": "sweeps", "luck": luck(study), "figures": presenters.FIGURES}
        return render(request, "backtest/sweep.html", context)


def luck(study: Study) -> dict[str, Any] | None:
    """Return what the finished sweep says of luck, in words."""
    found = (study.result or {}).get("luck")
    return presenters.luck(found) if found else None
