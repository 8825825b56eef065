"""Backtests in the admin: looked at, and jobs stopped."""

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from backtest import models
from backtest.services import jobs
from core import audit, clock


class ReadOnly(ModelAdmin):
    """Rows that only services write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


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
