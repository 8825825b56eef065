"""Partners in the admin: provisioned in one form, watched and changed on one page.

Rows are never edited as such: every button calls a service, which writes actor and reason into the audit record. A new
key or secret is shown on the page that answers the form, and nowhere else.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from unfold.admin import ModelAdmin

from accounts.services.client import client_of
from core import audit, clock
from core.admin_base import ReadOnly
from core.errors import PlatformError
from partners.constants import Environment
from partners.forms import EndpointForm, KeyForm, MemberForm, ProfileForm, ProvisionForm, ReasonForm
from partners.models import ApiKey, Attempt, Delivery, Member, Partner, Subscription
from partners.selectors import health_of, usage_by_day
from partners.services.health import endpoint_pause, endpoint_resume
from partners.services.keys import key_create, key_revoke
from partners.services.partners import endpoint_change, member_add, member_remove, partner_change, partner_create
from partners.services.secrets import endpoint_of, secret_rotate

FORMS: dict[str, type[forms.Form]] = {
    "profile": ProfileForm,
    "key": KeyForm,
    "endpoint": EndpointForm,
    "member": MemberForm,
    "revoke": ReasonForm,
    "secret": ReasonForm,
    "pause": ReasonForm,
    "resume": ReasonForm,
    "remove": ReasonForm,
}
Told = dict[str, str]


@admin.register(Partner)
class PartnerAdmin(ModelAdmin):
    list_display = ("name", "plan", "contact_email", "is_active", "is_admin", "last_day", "created_at")
    list_filter = ("plan", "is_active", "is_admin")
    search_fields = ("name", "organisation", "contact_email")

    @admin.display(description="Deliveries, 24 h")
    def last_day(self, partner: Partner) -> str:
        """Return how deliveries have done, in words."""
        health = health_of(partner, Environment.LIVE, now=clock.now())
        if endpoint_of(partner, Environment.LIVE).paused_at is not None:
            return f"paused, {health.held} kept"
        return f"{health.delivered} of {health.attempts} arrived" if health.attempts else "none"

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
        form = ProvisionForm(request.POST or None, initial={"plan": "default", "environment": "live"})
        if request.method == "POST" and form.is_valid():
            try:
                return self._provisioned(request, form.cleaned_data)
            except PlatformError as exc:
                form.add_error(_field_of(exc, form), exc.detail)
        return self._page(request, "admin/partners/provision.html", "Provision a partner", form=form)

    def _provisioned(self, request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
        member, who = data.pop("member_email"), _who(request)
        made = partner_create(**data, **who)
        if member:
            try:
                member_add(partner=made.partner, email=member, **who)
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
        return self._overview(request, partner)

    def _overview(
        self, request: HttpRequest, partner: Partner, failed: dict[str, forms.Form] | None = None
    ) -> HttpResponse:
        now = clock.now()
        profile = {"plan": partner.plan, "contact_email": partner.contact_email, "is_active": partner.is_active}
        page_forms: dict[str, forms.Form] = {
            "profile": ProfileForm(initial=profile), "key": KeyForm(), "member": MemberForm(), "deed": ReasonForm(),
            **(failed or {}),
        }  # fmt: skip
        return self._page(
            request, "admin/partners/partner.html", str(partner), partner=partner, forms=page_forms,
            environments=[_environment(partner, name, now) for name in Environment.values],
            keys=partner.keys.all(), members=partner.members.select_related("user"), now=now,
            usage=usage_by_day(partner, days=7, now=now),
            attempts=Attempt.objects.filter(delivery__partner=partner).select_related("delivery")[:10],
            history=audit.for_object(partner)[:10],
        )  # fmt: skip

    def act(self, request: HttpRequest, partner_id: int, what: str) -> HttpResponse:
        """Do one of the deeds of the page, for its reason."""
        partner = self.get_object(request, str(partner_id))
        if partner is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(partner_id))
        if request.method != "POST" or what not in FORMS or not self.has_change_permission(request, partner):
            return HttpResponseRedirect(reverse("admin:partners_partner_change", args=[partner.pk]))
        form = FORMS[what](request.POST)
        if form.is_valid():
            try:
                return self._done(request, partner, what, form.cleaned_data)
            except PlatformError as exc:
                form.add_error(_field_of(exc, form), exc.detail)
        for errors in form.errors.values():
            self.message_user(request, " ".join(errors), messages.ERROR)
        return self._overview(request, partner, {what: form} if what in ("profile", "key", "member") else None)

    def _done(self, request: HttpRequest, partner: Partner, what: str, data: dict[str, Any]) -> HttpResponse:
        words, told = DEEDS[what](partner, data, _who(request))
        if told:
            return self._told(request, partner, words, told)
        self.message_user(request, words)
        return HttpResponseRedirect(reverse("admin:partners_partner_change", args=[partner.pk]))

    def _told(self, request: HttpRequest, partner: Partner, words: str, told: Told) -> HttpResponse:
        """Show secrets once; nobody keeps this page."""
        response = self._page(request, "admin/partners/told.html", words, partner=partner, told=told, words=words)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _page(self, request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
        common = {**self.admin_site.each_context(request), "opts": self.model._meta, "title": title}
        return TemplateResponse(request, template, common | context)


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"actor": request.user, "ip": client_of(request).ip, "now": clock.now()}


def _field_of(exc: PlatformError, form: forms.Form) -> str | None:
    name = exc.detail.partition(":")[0]
    return name if name in form.fields else None


def _environment(partner: Partner, name: str, now: Any) -> dict[str, Any]:
    endpoint = endpoint_of(partner, name)
    initial = {"environment": name, "webhook_url": endpoint.url, "retry_policy": endpoint.retry_policy}
    return {
        "name": name,
        "endpoint": endpoint,
        "health": health_of(partner, name, now=now),
        "subscriptions": Subscription.objects.filter(partner=partner, environment=name).count(),
        "form": EndpointForm(initial=initial),
    }


def _profile(partner: Partner, data: dict[str, Any], who: dict[str, Any]) -> tuple[str, Told]:
    partner_change(partner=partner, **data, **who)
    return "The profile is changed.", {}


def _key(partner: Partner, data: dict[str, Any], who: dict[str, Any]) -> tuple[str, Told]:
    hours = data["overlap_hours"]
    overlap = None if hours is None else timedelta(hours=hours)
    made = key_create(partner=partner, environment=data["environment"], overlap=overlap, reason=data["reason"], **who)
    return "The new key works now.", {"API key": made.text}


def _revoke(partner: Partner, data: dict[str, Any], who: dict[str, Any]) -> tuple[str, Told]:
    key = get_object_or_404(ApiKey, partner=partner, pk=data["what"] or 0)
    key_revoke(key=key, reason=data["reason"], **who)
    return f"{key.prefix} is revoked: it is dead from now on.", {}


def _endpoint(partner: Partner, data: dict[str, Any], who: dict[str, Any]) -> tuple[str, Told]:
    endpoint_change(
        partner=partner, environment=data["environment"], url=data["webhook_url"], retry_policy=data["retry_policy"],
        reason=data["reason"], **who,
    )  # fmt: skip
    return "The webhook is changed.", {}


def _secret(partner: Partner, data: dict[str, Any], who: dict[str, Any]) -> tuple[str, Told]:
    endpoint = endpoint_of(partner, _named(data))
    secret = secret_rotate(endpoint=endpoint, reason=data["reason"], **who)
    return "The new secret signs from now on; the former one counts for a further 24 hours.", {"Webhook secret": secret}


def _pause(partner: Partner, data: dict[str, Any], who: dict[str, Any]) -> tuple[str, Told]:
    endpoint_pause(endpoint=endpoint_of(partner, _named(data)), reason=data["reason"], **who)
    return "Nothing is sent any more; events are kept.", {}


def _resume(partner: Partner, data: dict[str, Any], who: dict[str, Any]) -> tuple[str, Told]:
    released = endpoint_resume(partner=partner, environment=_named(data), reason=data["reason"], **who)
    return f"Resumed; {released} kept deliveries are sent now.", {}


def _member(partner: Partner, data: dict[str, Any], who: dict[str, Any]) -> tuple[str, Told]:
    member = member_add(partner=partner, email=data["email"], **who)
    return f"{member.user.email} runs the console of {partner}.", {}


def _remove(partner: Partner, data: dict[str, Any], who: dict[str, Any]) -> tuple[str, Told]:
    member = get_object_or_404(Member.objects.select_related("user", "partner"), partner=partner, pk=data["what"] or 0)
    member_remove(member=member, **who)
    return f"{member.user.email} no longer runs the console.", {}


def _named(data: dict[str, Any]) -> str:
    return Environment.TEST.value if data["what"] == Environment.TEST else Environment.LIVE.value


DEEDS: dict[str, Callable[[Partner, dict[str, Any], dict[str, Any]], tuple[str, Told]]] = {
    "profile": _profile,
    "key": _key,
    "revoke": _revoke,
    "endpoint": _endpoint,
    "secret": _secret,
    "pause": _pause,
    "resume": _resume,
    "member": _member,
    "remove": _remove,
}


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnly):
    list_display = ("partner", "environment", "engine", "symbol", "min_confidence", "is_active", "last_fired_at")
    list_filter = ("environment", "engine", "is_active")
    search_fields = ("partner__name", "symbol")
    list_select_related = ("partner",)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    list_display = ("event_id", "partner", "environment", "event", "channel", "status", "created_at", "next_attempt_at")
    list_filter = ("environment", "status", "event", "channel")
    search_fields = ("partner__name", "event_id")
    list_select_related = ("partner",)
