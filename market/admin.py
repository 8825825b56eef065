"""Market data in the admin: looked at by hand, changed by imports, but for trading days and corporate actions."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from core.admin_base import ReadOnly
from core.versions import bump
from market import models
from market.constants import VERSION_ACTIONS, VERSION_CALENDAR


class Versioned(ModelAdmin):
    """Rows whose change must reach the caches of every process."""

    version: ClassVar[str]

    def save_model(self, request: HttpRequest, obj: Model, form: object, change: bool) -> None:
        super().save_model(request, obj, form, change)
        bump(self.version)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        super().delete_model(request, obj)
        bump(self.version)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        super().delete_queryset(request, queryset)
        bump(self.version)


class SymbolInline(TabularInline):
    model = models.InstrumentSymbol
    extra = 0
    can_delete = False
    readonly_fields = ("exchange", "symbol", "valid_from", "valid_to")


@admin.register(models.Instrument)
class InstrumentAdmin(ReadOnly):
    list_display = ("symbol", "exchange", "name", "instrument_type", "sector", "expiry", "strike", "lot_size", "origin")
    list_filter = ("exchange", "instrument_type", "sector", "origin")
    search_fields = ("symbol", "name", "isin")
    inlines = (SymbolInline,)


@admin.register(models.CandleSeries)
class CandleSeriesAdmin(ReadOnly):
    list_display = ("instrument", "interval", "source", "origin", "basis", "bars", "updated_at")
    list_filter = ("interval", "source", "basis")
    search_fields = ("instrument__symbol",)
    list_select_related = ("instrument",)


@admin.register(models.ObservationSeries)
class ObservationSeriesAdmin(ReadOnly):
    list_display = ("instrument", "measure", "industry", "interval", "source", "origin")
    list_filter = ("measure", "interval", "source")
    search_fields = ("instrument__symbol", "industry")
    list_select_related = ("instrument",)


@admin.register(models.ImportRun)
class ImportRunAdmin(ReadOnly):
    list_display = (
        "command", "file_name", "status", "rows_read", "rows_added", "rows_changed", "rows_unchanged", "rows_conflict",
        "rows_rejected", "started_at",
    )  # fmt: skip
    list_filter = ("command", "status")


@admin.register(models.TradingDay)
class TradingDayAdmin(Versioned):
    version = VERSION_CALENDAR
    list_display = ("exchange", "date", "kind", "open", "close", "note", "source")
    list_filter = ("exchange", "kind", "source")
    date_hierarchy = "date"


@admin.register(models.CorporateAction)
class CorporateActionAdmin(Versioned):
    version = VERSION_ACTIONS
    list_display = ("instrument", "ex_date", "kind", "price_factor", "confidence", "is_applied", "source")
    list_filter = ("kind", "is_applied", "confidence")
    search_fields = ("instrument__symbol",)
    autocomplete_fields = ("instrument",)
    list_select_related = ("instrument",)


@admin.register(models.Fundamental)
class FundamentalAdmin(ReadOnly):
    list_display = ("instrument", "metric", "period_end", "known_from", "value", "source")
    list_filter = ("metric", "source")
    search_fields = ("instrument__symbol", "metric")
    date_hierarchy = "known_from"
    list_select_related = ("instrument",)


class MemberInline(TabularInline):
    model = models.UniverseMember
    extra = 0
    can_delete = False
    readonly_fields = ("instrument", "sector")


@admin.register(models.UniverseSnapshot)
class UniverseSnapshotAdmin(ReadOnly):
    list_display = ("universe", "as_of", "source")
    list_filter = ("universe",)
    inlines = (MemberInline,)


@admin.register(models.Watchlist)
class WatchlistAdmin(ReadOnly):
    list_display = ("name", "owner", "updated_at")
    search_fields = ("name", "owner__email")
