"""Work that outlasts a request. The row is there first; queues only wake a worker up."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from backtest.lifecycle import State
from backtest.models.runs import Run
from signals.models import Strategy, StrategyVersion

STATES = [(state.value, state.value) for state in State]


class Job(models.Model):
    """What all jobs have. ``claim`` tells a worker from the one that took the job over from it.

    ``strikes``: takeovers since something was last done. ``changed_at``: what pages that watch look for.
    """

    status = models.CharField(max_length=10, choices=STATES, default=State.QUEUED.value)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    claim = models.PositiveIntegerField(default=0)
    strikes = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        abstract = True
        ordering = ("-id",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status="running", lease_until__isnull=False)
                | (~Q(status="running") & Q(lease_until__isnull=True)),
                name="%(class)s_leased_while_running",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["lease_until"], condition=Q(status__in=["queued", "running"]), name="%(class)s_unfinished"
            )
        ]


class Analysis(Job):
    """What is worked out about a run after it was answered: probes, baselines, bootstrap, deflated Sharpe ratio."""

    run = models.OneToOneField(Run, models.CASCADE, related_name="analysis")
    result = models.JSONField(null=True, blank=True)

    class Meta(Job.Meta):
        verbose_name_plural = "analyses"

    def __str__(self) -> str:
        return f"analysis of run {self.run_id}: {self.status}"

    @property
    def owner_id(self) -> int:
        return self.run.owner_id


class Study(Job):
    """A sweep over parameter sets, or a walk-forward test.

    ``request``: what was asked, with the strategy's body. ``points``: one result a finished set, in the order of the
    sets (walk-forward: one a window). ``result``: what is said about all of them when done.
    """

    class Kind(models.TextChoices):
        SWEEP = "sweep"
        WALK_FORWARD = "walk_forward"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="backtest_studies")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    strategy = models.ForeignKey(Strategy, models.SET_NULL, null=True, blank=True, related_name="studies")
    version = models.ForeignKey(StrategyVersion, models.SET_NULL, null=True, blank=True, related_name="studies")
    name = models.CharField(max_length=120)
    universe = models.CharField(max_length=60)
    request = models.JSONField()
    points = models.JSONField(default=list)
    result = models.JSONField(null=True, blank=True)

    class Meta(Job.Meta):
        verbose_name_plural = "studies"
        indexes: ClassVar = [*Job.Meta.indexes, models.Index(fields=["owner", "kind", "-id"], name="study_by_owner")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.name}: {self.status}"
