"""The only door to somebody's runs and studies; anybody else's are reported as absent."""

from django.db.models import QuerySet

from accounts.models import User
from backtest.models import Run, Study
from core.errors import NotFound


def runs_of(user: User) -> QuerySet[Run]:
    """Return the user's runs, newest first, without their documents."""
    return Run.objects.filter(owner=user).select_related("analysis").defer("document", "request").order_by("-id")


def access_run(user: User, run_id: int) -> Run:
    """Return a run of ``user`` with its document."""
    run = Run.objects.filter(pk=run_id, owner=user).select_related("analysis").first() if run_id < 2**63 else None
    if run is None:
        raise NotFound("No such backtest run.")
    return run


def studies_of(user: User, kind: str) -> QuerySet[Study]:
    """Return the user's sweeps or walk-forward tests, newest first, without their points."""
    return Study.objects.filter(owner=user, kind=kind).defer("points", "result").order_by("-id")


def access_study(user: User, study_id: int, kind: str) -> Study:
    """Return a sweep or walk-forward test of ``user``."""
    found = Study.objects.filter(pk=study_id, owner=user, kind=kind) if study_id < 2**63 else Study.objects.none()
    study = found.first()
    if study is None:
        raise NotFound(f"No such {'sweep' if kind == Study.Kind.SWEEP else 'walk-forward test'}.")
    return study
