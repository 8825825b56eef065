"""Subscriptions in the admin: looked at; a partner changes its own."""

from django.contrib import admin

from core.admin_base import ReadOnly
from partners.models import Subscription


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnly):
    list_display = ("partner", "environment", "engine", "symbol", "min_confidence", "is_active", "last_fired_at")
    list_filter = ("environment", "engine", "is_active")
    search_fields = ("partner__name", "symbol")
    list_select_related = ("partner",)
