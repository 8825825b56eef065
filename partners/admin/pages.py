"""A partner's page and the form that makes one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.urls.resolvers import URLPattern

from core import clock
from core.errors import PlatformError
from partners.admin.common import PageAdmin, refuse, who
from partners.admin.deeds import DEEDS, Told
from partners.admin.listing import glanced
from partners.constants import Environment
from partners.forms import EndpointForm, FailedForm, KeyForm, MemberForm, ProfileForm, ProvisionForm
from partners.models import Attempt, Endpoint, Partner, Subscription
from partners.selectors import health_of, usage_by_day
from partners.services.partners import member_add, partner_create
from partners.services.record import record_of

RECORD_ROWS = 200


@admin.register(Partner)
class PartnerAdmin(PageAdmin):
    list_display = ("name", "plan", "contact_email", "is_active", "is_admin", "last_day", "today", "created_at")
    list_filter = ("plan", "is_active", "is_admin")
    search_fields = ("name", "organisation", "contact_email")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Partner]:
        """Return the partners with the figures of the list."""
        return glanced(super().get_queryset(request), now=clock.now())

    @admin.display(description="Live deliveries, 24 h")
    def last_day(self, partner: Any) -> str:
        """Return how deliveries of the live environment have done, in words."""
        if partner.paused_since is not None:
            return f"paused, {partner.kept} kept"
        return f"{partner.arrived} of {partner.tried} arrived" if partner.tried else "none"

    @admin.display(description="Requests today (IST)")
    def today(self, partner: Any) -> str:
        """Return the requests of all keys, live and test, in words."""
        refused = f", {partner.limited:,} over the limit" if partner.limited else ""
        return f"{partner.accepted:,}{refused}" if partner.accepted or refused else "none"

    def get_urls(self) -> list[URLPattern]:
        """Put the page's own forms before the standard addresses."""
        act = path(
            "<int:partner_id>/act/<str:what>/", self.admin_site.admin_view(self.act), name="partners_partner_act"
        )
        return [act, *super().get_urls()]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A partner is switched off, not deleted: its record stays."""
        return False

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Provision a partner."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ProvisionForm(request.POST or None, initial={"plan": "default", "environment": "live"})
        if request.method == "POST" and form.is_valid():
            try:
                return self._provisioned(request, form.cleaned_data)
            except PlatformError as exc:
                refuse(form, exc)
        return self.page(request, "admin/partners/provision.html", "Provision a partner", form=form)

    def _provisioned(self, request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
        member, by = data.pop("member_email"), who(request)
        made = partner_create(**data, **by)
        if member:
            try:
                member_add(partner=made.partner, email=member, reason=data["reason"], **by)
            except PlatformError as exc:
                self.message_user(request, exc.detail, messages.WARNING)
        told = {"API key": made.key.text, "Webhook secret": made.webhook_secret}
        return self._told(request, made.partner, f"{made.partner} is provisioned.", told)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a partner at a glance, with everything that can be done about it."""
        partner = self.get_object(request, object_id)
        if partner is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, partner):
            raise PermissionDenied
        return self._overview(request, partner)

    def _overview(
        self, request: HttpRequest, partner: Partner, failed: dict[str, forms.Form] | None = None
    ) -> HttpResponse:
        now = clock.now()
        profile = {"plan": partner.plan, "contact_email": partner.contact_email, "is_active": partner.is_active}
        page_forms: dict[str, forms.Form] = {
            "profile": ProfileForm(initial=profile, auto_id="id_profile_%s"), "key": KeyForm(auto_id="id_key_%s"),
            "member": MemberForm(auto_id="id_member_%s"), **(failed or {}),
        }  # fmt: skip
        return self.page(
            request, "admin/partners/partner.html", str(partner), partner=partner, forms=page_forms,
            environments=[_environment(partner, name, now, failed or {}) for name in Environment.values],
            keys=partner.keys.all(), members=partner.members.select_related("user"), now=now,
            usage=usage_by_day(partner, days=7, now=now),
            attempts=Attempt.objects.filter(delivery__partner=partner).select_related("delivery")[:10],
            record=record_of(partner, limit=RECORD_ROWS),
        )  # fmt: skip

    def act(self, request: HttpRequest, partner_id: int, what: str) -> HttpResponse:
        """Do one of the deeds of the page, for its reason."""
        partner = self.get_object(request, str(partner_id))
        if partner is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(partner_id))
        if not self.has_change_permission(request, partner):
            raise PermissionDenied
        if request.method != "POST" or what not in DEEDS:
            return self._to(partner)
        form_class, deed = DEEDS[what]
        form = form_class(request.POST)
        if form.is_valid():
            try:
                words, told = deed(partner, form.cleaned_data, who(request))
            except PlatformError as exc:
                refuse(form, exc)
            else:
                if told:
                    return self._told(request, partner, words, told)
                self.message_user(request, words)
                return self._to(partner)
        self.tell_errors(request, form)
        return self._overview(request, partner, {what: form})

    def _to(self, partner: Partner) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:partners_partner_change", args=[partner.pk]))

    def _told(self, request: HttpRequest, partner: Partner, words: str, told: Told) -> HttpResponse:
        """Show secrets once; nobody keeps this page."""
        response = self.page(request, "admin/partners/told.html", words, partner=partner, told=told, words=words)
        response.headers["Cache-Control"] = "no-store"
        return response


def _environment(
    partner: Partner, name: str, now: datetime, refused: Mapping[str, forms.Form]
) -> dict[str, Any]:  # fmt: skip
    """Return one environment as the page shows it, with what was typed in a form that was ``refused``. Looking makes
    nothing: an endpoint comes with its first use.
    """
    endpoint = Endpoint.objects.filter(partner=partner, environment=name).first() or Endpoint(environment=name)
    initial = {"environment": name, "webhook_url": endpoint.url, "retry_policy": endpoint.retry_policy}
    return {
        "name": name,
        "endpoint": endpoint,
        "health": health_of(partner, name, now=now),
        "subscriptions": Subscription.objects.filter(partner=partner, environment=name).count(),
        "form": _typed(refused.get("endpoint"), name) or EndpointForm(initial=initial, auto_id=f"id_{name}_%s"),
        "failed": _typed(refused.get("failed"), name)
        or FailedForm(initial={"environment": name}, auto_id=f"id_failed_{name}_%s"),
    }


def _typed(form: forms.Form | None, environment: str) -> forms.Form | None:
    """Return a refused form if it was that of the environment, with ids that differ from the other's."""
    if form is None or form.data.get("environment") != environment:
        return None
    form.auto_id = f"id_refused_{environment}_%s"
    return form
