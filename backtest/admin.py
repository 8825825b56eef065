"""Backtests in the admin: looked at, and jobs stopped."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from backtest import models
from backtest.services import jobs
from core import audit, clock
from core.admin_base import ReadOnly


class JobAdmin(ReadOnly):
    """Jobs can be cancelled."""

    actions = ("cancel",)
    list_filter = ("status",)

    @admin.action(description="Cancel what is not finished", permissions=["view"])
    def cancel(self, request: HttpRequest, queryset: QuerySet) -> None:
        for job in queryset:
            if jobs.cancel(job, now=clock.now()):
                audit.record(actor=request.user, action="backtest.job_cancelled", object=job, user_id=job.owner_id)


@admin.register(models.Run)
class RunAdmin(ReadOnly):
    list_display = ("id", "owner", "name", "universe", "start_date", "end_date", "data_source", "created_at")
    list_filter = ("universe", "data_source")
    search_fields = ("name", "owner__email", "hash")
    list_select_related = ("owner",)
    exclude = ("document",)


@admin.register(models.Analysis)
class AnalysisAdmin(JobAdmin):
    list_display = ("run", "status", "done", "total", "strikes", "error", "created_at", "finished_at")
    list_select_related = ("run",)


@admin.register(models.Study)
class StudyAdmin(JobAdmin):
    list_display = ("id", "owner", "kind", "name", "universe", "status", "done", "total", "created_at", "finished_at")
    list_filter = ("status", "kind")
    search_fields = ("name", "owner__email")
    list_select_related = ("owner",)
    exclude = ("points",)
