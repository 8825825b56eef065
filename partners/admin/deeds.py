"""The deeds of a partner's page: each takes a form with a reason and calls a service."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.shortcuts import get_object_or_404

from partners.forms import (
    EndpointForm,
    EnvironmentForm,
    FailedForm,
    KeyForm,
    MemberForm,
    ProfileForm,
    RowForm,
)
from partners.models import ApiKey, Member, Partner
from partners.services.deliveries import failed_resend
from partners.services.health import endpoint_pause, endpoint_resume
from partners.services.keys import key_create, key_revoke
from partners.services.partners import endpoint_change, member_add, member_remove, partner_change
from partners.services.secrets import endpoint_of, secret_rotate

Told = dict[str, str]
Fields = dict[str, Any]


def _profile(partner: Partner, data: Fields, who: Fields) -> tuple[str, Told]:
    partner_change(partner=partner, **data, **who)
    return "The profile is changed.", {}


def _key(partner: Partner, data: Fields, who: Fields) -> tuple[str, Told]:
    hours = data["overlap_hours"]
    overlap = None if hours is None else timedelta(hours=hours)
    made = key_create(partner=partner, environment=data["environment"], overlap=overlap, reason=data["reason"], **who)
    return "The new key works now.", {"API key": made.text}


def _revoke(partner: Partner, data: Fields, who: Fields) -> tuple[str, Told]:
    key = get_object_or_404(ApiKey, partner=partner, pk=data["what"])
    key_revoke(key=key, reason=data["reason"], **who)
    return f"{key.prefix} is revoked: it is dead from now on.", {}


def _endpoint(partner: Partner, data: Fields, who: Fields) -> tuple[str, Told]:
    endpoint_change(
        partner=partner, environment=data["environment"], url=data["webhook_url"], retry_policy=data["retry_policy"],
        reason=data["reason"], **who,
    )  # fmt: skip
    return "The webhook is changed.", {}


def _secret(partner: Partner, data: Fields, who: Fields) -> tuple[str, Told]:
    endpoint = endpoint_of(partner, data["what"])
    secret = secret_rotate(endpoint=endpoint, reason=data["reason"], **who)
    return "The new secret signs from now on; the former one counts for a further 24 hours.", {"Webhook secret": secret}


def _pause(partner: Partner, data: Fields, who: Fields) -> tuple[str, Told]:
    endpoint_pause(endpoint=endpoint_of(partner, data["what"]), reason=data["reason"], **who)
    return "Nothing is sent any more; events are kept.", {}


def _resume(partner: Partner, data: Fields, who: Fields) -> tuple[str, Told]:
    released = endpoint_resume(partner=partner, environment=data["what"], reason=data["reason"], **who)
    return f"Resumed; {_counted(released)} that had been kept now.", {}


def _failed(partner: Partner, data: Fields, who: Fields) -> tuple[str, Told]:
    count = failed_resend(
        partner=partner, environment=data["environment"], since=data["since"], reason=data["reason"], **who
    )
    return f"{_counted(count)} again.".capitalize(), {}


def _member(partner: Partner, data: Fields, who: Fields) -> tuple[str, Told]:
    member = member_add(partner=partner, email=data["email"], reason=data["reason"], **who)
    return f"{member.user.email} runs the console of {partner}.", {}


def _remove(partner: Partner, data: Fields, who: Fields) -> tuple[str, Told]:
    member = get_object_or_404(Member.objects.select_related("user", "partner"), partner=partner, pk=data["what"])
    member_remove(member=member, reason=data["reason"], **who)
    return f"{member.user.email} no longer runs the console.", {}


def _counted(count: int) -> str:
    return "one delivery is sent" if count == 1 else f"{count or 'no'} deliveries are sent"


#: Name of the deed: its form, and what is done with it.
DEEDS: dict[str, tuple[type[forms.Form], Callable[[Partner, Fields, Fields], tuple[str, Told]]]] = {
    "profile": (ProfileForm, _profile),
    "key": (KeyForm, _key),
    "revoke": (RowForm, _revoke),
    "endpoint": (EndpointForm, _endpoint),
    "secret": (EnvironmentForm, _secret),
    "pause": (EnvironmentForm, _pause),
    "resume": (EnvironmentForm, _resume),
    "failed": (FailedForm, _failed),
    "member": (MemberForm, _member),
    "remove": (RowForm, _remove),
}
