"""What the pages of sweeps and of walk-forward tests share: their list, and the state of one."""

from datetime import date
from typing import Any, ClassVar, Final

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models.fields.json import KT
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from backtest.access import access_study, studies_of
from backtest.lifecycle import ACTIVE
from backtest.models import Study
from backtest.pages import study_presenters as presenters
from core.errors import NotFound
from market.models import Universe
from signals.models import Strategy

PAGE_ROWS: Final = 50
PAGES: Final = {
    Study.Kind.SWEEP: ("sweep", "sweep-new", "sweeps", "/api/backtest/sweeps"),
    Study.Kind.WALK_FORWARD: ("walk-forward", "walk-forward-new", "walk-forwards", "/api/backtest/walk-forward"),
}
#: What the browser needs of the request to lead to a run with the same numbers.
CARRIED: Final = (
    "universe", "start_date", "end_date", "starting_capital", "position_size_pct", "max_positions", "max_per_sector",
    "slippage_bps", "same_day_sale_credit", "costs", "benchmark", "seed",
)  # fmt: skip


@method_decorator(never_cache, name="dispatch")
class StudiesPage(LoginRequiredMixin, View):
    """One's studies of a kind, newest first; ``?page=2`` shows older ones."""

    kind: ClassVar[str]
    template: ClassVar[str]

    def get(self, request: HttpRequest) -> HttpResponse:
        found = studies_of(request.user, self.kind)
        total = found.count()
        pages = max(1, -(-total // PAGE_ROWS))
        text = request.GET.get("page", "1")
        page = min(max(1, int(text)), pages) if text.isascii() and text.isdecimal() and len(text) < 9 else 1
        # Of the result only its summary is read: curves and points of fifty studies are megabytes.
        summary = "result__best_point" if self.kind == Study.Kind.SWEEP else "result__summary"
        shown = found.annotate(summary=KT(summary))[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
        titles = dict(Universe.objects.values_list("name", "title"))
        rows = [presenters.row(study, titles, reverse(PAGES[self.kind][0], args=[study.pk])) for study in shown]
        context = {
            "place": "strategies",
            "tab": "sweeps" if self.kind == Study.Kind.SWEEP else "walk-forward",
            "rows": rows,
            "total": total,
            "page": page,
            "pages": pages,
            "api": PAGES[self.kind][3],
        }
        return render(request, self.template, context)


def study_context(request: HttpRequest, study_id: int, kind: str) -> dict[str, Any]:
    """Return what every page of a study shows: what was asked, and how far it is."""
    try:
        study = access_study(request.user, study_id, kind)
    except NotFound as error:
        raise Http404(error.detail) from None
    name, new, every, api = PAGES[Study.Kind(kind)]
    asked = study.request
    strategy = Strategy.objects.filter(pk=study.strategy_id).first() if study.strategy_id else None
    title = Universe.objects.filter(name=study.universe).values_list("title", flat=True).first()
    return {
        "place": "strategies",
        "study": study,
        "is_active": study.status in ACTIVE,
        "universe": title or study.universe,
        "range": presenters.span(date.fromisoformat(asked["start_date"]), date.fromisoformat(asked["end_date"])),
        "metric": dict(presenters.METRIC_WORDS).get(asked["metric"], asked["metric"]),
        "sets": len(asked["sets"]),
        "again": f"{reverse(new)}?study={study.pk}",
        "every": reverse(every),
        "address": reverse(name, args=[study.pk]),
        "api": f"{api}/{study.pk}",
        "strategy": strategy,
        "is_mine": strategy is not None and strategy.owner_id == request.user.pk,
        "meta": meta(study, strategy, is_mine=strategy is not None and strategy.owner_id == request.user.pk),
        "flags": presenters.flags((study.result or {}).get("flags", [])),
        "data_source": (study.result or {}).get("data_source", ""),
    }


def meta(study: Study, strategy: Strategy | None, *, is_mine: bool) -> dict[str, Any]:
    """Return what the browser is told of a study beside its points."""
    asked = study.request
    sets = asked["sets"]
    names = list(dict.fromkeys(name for one in sets for name in one))
    axes = asked.get("axes") or {name: sorted({one[name] for one in sets if name in one}) for name in names}
    return {
        "id": study.pk,
        "kind": study.kind,
        "status": study.status,
        "done": study.done,
        "total": study.total,
        "metric": asked["metric"],
        "axes": axes,
        "own": sorted(asked["strategy"].get("params", {})),
        "params": asked["params"],
        "run": {name: asked.get(name) for name in CARRIED if asked.get(name) is not None},
        "strategy": None if strategy is None else {"id": strategy.pk, "name": strategy.name, "isMine": is_mine},
        "inline": asked["strategy"] if strategy is None else None,
    }
