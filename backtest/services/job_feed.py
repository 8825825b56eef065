"""News of jobs for pages that watch: whichever process works on a job, its row tells how far it is."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models import Q

from backtest.lifecycle import ACTIVE
from backtest.models import Analysis, Study
from core.news import News, NewsFeed, Told

MOST = 500
_ACTIVE = [state.value for state in ACTIVE]


def study_news(study: Study) -> News:
    """Return what a page is told of a sweep or walk-forward test."""
    return _news(study.kind, study, name=study.name)


def analysis_news(analysis: Analysis) -> News:
    """Return what a page is told of an analysis; ``run_id`` says of which run."""
    return _news("analysis", analysis, run_id=analysis.run_id)


def _news(kind: str, job: Any, **more: Any) -> News:
    error = {"error": job.error} if job.error else {}
    return {"kind": kind, "id": job.pk, "status": job.status, "done": job.done, "total": job.total, **more, **error}


def changed_since(since: datetime) -> dict[int, list[News]]:
    """Return news by owner of jobs that changed after ``since``, oldest first."""
    found: dict[int, list[tuple[datetime, News]]] = defaultdict(list)
    studies = Study.objects.filter(changed_at__gt=since).defer("points", "request", "result")
    for study in studies.order_by("changed_at")[:MOST]:
        found[study.owner_id].append((study.changed_at, study_news(study)))
    analyses = Analysis.objects.filter(changed_at__gt=since).defer("result").select_related("run")
    for analysis in analyses.defer("run__document", "run__request", "result").order_by("changed_at")[:MOST]:
        found[analysis.run.owner_id].append((analysis.changed_at, analysis_news(analysis)))
    return {owner: [news for _, news in sorted(rows, key=lambda row: row[0])] for owner, rows in found.items()}


def active_of(owner_id: int) -> list[News]:
    """Return a person's jobs that are not finished."""
    studies = Study.objects.filter(owner_id=owner_id, status__in=_ACTIVE).defer("points", "request", "result")
    analyses = Analysis.objects.filter(Q(run__owner_id=owner_id), status__in=_ACTIVE).defer("result")
    return [study_news(one) for one in studies[:MOST]] + [analysis_news(one) for one in analyses[:MOST]]


class JobFeed(NewsFeed):
    """News of a person's jobs, twice a second."""

    every_s, most = 0.5, MOST

    def read(self, since: datetime) -> list[Told]:
        found = changed_since(since)
        return [Told(owner, (news["kind"], news["id"]), news) for owner, rows in found.items() for news in rows]
