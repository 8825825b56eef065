"""Strategies, scans and signals in the admin: looked at, never written by hand. Announcements are."""

from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from core.admin_base import ReadOnly
from signals import models


class VersionInline(TabularInline):
    model = models.StrategyVersion
    fields = ("number", "hash", "sentence", "created_at")
    readonly_fields = fields
    extra = 0
    can_delete = False


@admin.register(models.Strategy)
class StrategyAdmin(ReadOnly):
    list_display = ("name", "owner", "slug", "base_model", "is_active", "is_public", "is_template", "updated_at")
    list_filter = ("is_template", "is_public", "is_active")
    search_fields = ("name", "description", "owner__email")
    list_select_related = ("owner",)
    inlines = (VersionInline,)


@admin.register(models.StrategyVersion)
class StrategyVersionAdmin(ReadOnly):
    list_display = ("strategy", "number", "hash", "created_at")
    search_fields = ("strategy__name", "hash")
    list_select_related = ("strategy",)


@admin.register(models.FnoScan)
class FnoScanAdmin(ReadOnly):
    list_display = ("index", "at", "status", "trade_direction", "confidence", "entry_mode", "actionable", "reason")
    list_filter = ("index", "status", "actionable", "trade_direction")
    date_hierarchy = "trade_date"


@admin.register(models.FnoSignal)
class FnoSignalAdmin(ReadOnly):
    list_display = (
        "trade_code", "trade_direction", "entry_mode", "confidence", "tier", "status", "outcome", "r_multiple",
        "net_per_lot", "data_source",
    )  # fmt: skip
    list_filter = ("index", "status", "outcome", "tier")
    search_fields = ("trade_code", "tradingsymbol")
    date_hierarchy = "trade_date"


@admin.register(models.FnoCandidate)
class FnoCandidateAdmin(ReadOnly):
    list_display = ("index", "triggered_at", "trade_direction", "entry_mode", "raw", "probability", "label")
    list_filter = ("index", "entry_mode", "label")
    date_hierarchy = "trade_date"


@admin.register(models.FnoCalibrator)
class FnoCalibratorAdmin(ReadOnly):
    list_display = ("family", "profile", "market", "kind", "n", "base_rate", "brier", "skill", "ece", "fitted_at")
    list_filter = ("market", "family", "profile")


@admin.register(models.FnoAlarm)
class FnoAlarmAdmin(ReadOnly):
    list_display = ("family", "market", "raised_at", "ended_at", "told_at", "share")
    list_filter = ("market", "family")


@admin.register(models.FnoReplayRun)
class FnoReplayRunAdmin(ReadOnly):
    list_display = ("__str__", "profile", "engine_version", "params_hash", "computed_at")


@admin.register(models.FnoReplaySignal)
class FnoReplaySignalAdmin(ReadOnly):
    list_display = ("run", "index", "at", "trade_direction", "entry_mode", "confidence", "label", "outcome", "r")
    list_filter = ("index", "entry_mode", "outcome")
    list_select_related = ("run",)
    date_hierarchy = "trade_date"


@admin.register(models.FnoEvent)
class FnoEventAdmin(ModelAdmin):
    list_display = ("day", "start", "end", "reason", "source")
    date_hierarchy = "day"


@admin.register(models.IScoreSnapshot)
class IScoreSnapshotAdmin(ReadOnly):
    list_display = ("instrument", "session", "iscore", "confidence", "tier", "data_source", "computed_at")
    list_filter = ("tier", "data_source")
    search_fields = ("instrument__symbol",)
    date_hierarchy = "session"
    list_select_related = ("instrument",)


@admin.register(models.IScoreValidation)
class IScoreValidationAdmin(ReadOnly):
    list_display = ("universe", "data_source", "first_session", "last_session", "months", "computed_at")


@admin.register(models.NewsArticle)
class NewsArticleAdmin(ReadOnly):
    list_display = ("headline", "instrument", "tone", "event", "publisher", "source", "published_at")
    list_filter = ("source",)
    search_fields = ("headline", "instrument__symbol")
    list_select_related = ("instrument",)


@admin.register(models.RecordEntry)
class RecordEntryAdmin(ReadOnly):
    list_display = ("sequence", "kind", "subject", "at", "hash")
    list_filter = ("kind",)
    search_fields = ("subject", "hash")
