"""A delivery's page: what is sent, byte for byte, every attempt with its answer, and sending it again."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.urls.resolvers import URLPattern

from core.admin_base import ReadOnly
from core.errors import PlatformError
from partners.admin.common import PageAdmin, refuse, who
from partners.forms import ReasonForm
from partners.models import Delivery
from partners.services.deliveries import delivery_resend
from partners.services.record import delivery_record


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, PageAdmin):
    list_display = ("event_id", "partner", "environment", "event", "channel", "status", "created_at", "next_attempt_at")
    list_filter = ("environment", "status", "event", "channel", "partner")
    search_fields = ("partner__name", "event_id")
    list_select_related = ("partner",)

    def get_urls(self) -> list[URLPattern]:
        """Put the resend before the standard addresses."""
        view = self.admin_site.admin_view(self.resend)
        return [path("<int:delivery_id>/resend/", view, name="partners_delivery_resend"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a delivery."""
        delivery = self.get_object(request, object_id)
        if delivery is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, delivery):
            raise PermissionDenied
        return self._shown(request, delivery)

    def _shown(self, request: HttpRequest, delivery: Delivery) -> HttpResponse:
        body = bytes(delivery.body)
        return self.page(
            request, "admin/partners/delivery.html", f"{delivery.event} {delivery.event_id}", delivery=delivery,
            body=body.decode("utf-8", "backslashreplace"), size=len(body), attempts=delivery.attempts.all(),
            record=delivery_record(delivery),
        )  # fmt: skip

    def resend(self, request: HttpRequest, delivery_id: int) -> HttpResponse:
        """Send a delivery again, for its reason. Its bytes cannot be changed, yet sending them is a change."""
        if not request.user.has_perm("partners.change_delivery"):
            raise PermissionDenied
        delivery = self.get_object(request, str(delivery_id))
        if delivery is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(delivery_id))
        if request.method == "POST":
            form = ReasonForm(request.POST)
            if form.is_valid():
                try:
                    delivery_resend(delivery=delivery, reason=form.cleaned_data["reason"], **who(request))
                    self.message_user(request, "It is sent again: the same bytes with the same event id.")
                except PlatformError as exc:
                    refuse(form, exc)
            self.tell_errors(request, form)
        return HttpResponseRedirect(reverse("admin:partners_delivery_change", args=[delivery.pk]))
