"""Forms of the admin's partner pages."""

from datetime import UTC, datetime, timedelta
from typing import Final

from django import forms
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from accounts.models import User
from partners.access import MAX_ID
from partners.constants import NAME_LENGTH, Environment, Plan, RetryPolicy
from partners.services.keys import OVERLAP_MAX

_OVERLAP_HOURS = int(OVERLAP_MAX / timedelta(hours=1))
#: Before anything was sent; also, no calendar ends on the way from here to UTC.
_SINCE_MIN: Final = datetime(2000, 1, 1, tzinfo=UTC)
_WHICH: Final = "Choose live or test: it is not said which environment this is about."


def _reason() -> forms.CharField:
    return forms.CharField(
        max_length=300,
        widget=UnfoldAdminTextInputWidget,
        help_text="Why. It stands in the audit record with your name.",
    )


class ProvisionForm(forms.Form):
    """A partner with its first key, in one step."""

    name = forms.CharField(max_length=NAME_LENGTH, widget=UnfoldAdminTextInputWidget)
    organisation = forms.CharField(max_length=NAME_LENGTH, required=False, widget=UnfoldAdminTextInputWidget)
    intended_use = forms.CharField(max_length=2000, required=False, widget=UnfoldAdminTextareaWidget)
    contact_email = forms.EmailField(max_length=254, required=False, widget=UnfoldAdminEmailInputWidget)
    plan = forms.ChoiceField(choices=Plan.choices, widget=UnfoldAdminSelectWidget)
    environment = forms.ChoiceField(
        choices=Environment.choices,
        widget=UnfoldAdminSelectWidget,
        help_text="Of the first key. Test keys are always on the simulated market.",
    )
    webhook_url = forms.CharField(
        max_length=2000, required=False, widget=UnfoldAdminTextInputWidget, label="Webhook address",
        help_text="https, a public address; of the environment above",
    )  # fmt: skip
    is_admin = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanWidget,
        label="May provision partners",
        help_text="Its keys can make partners and keys.",
    )
    member_email = forms.EmailField(
        max_length=254, required=False, widget=UnfoldAdminEmailInputWidget, label="Who runs the console",
        help_text="An account that will run the partner's console. It must exist.",
    )  # fmt: skip
    reason = _reason()

    def clean_member_email(self) -> str:
        """Refuse an address without an account before anything is made."""
        email = self.cleaned_data["member_email"].strip()
        if email and not User.objects.filter(email__iexact=email, is_active=True).exists():
            raise forms.ValidationError(
                f"Nobody has an account with the address {email}, so nobody could run the console. Let the person "
                "register first, or leave this empty and add the person later."
            )
        return email


class ProfileForm(forms.Form):
    """What may be changed of a partner."""

    plan = forms.ChoiceField(choices=Plan.choices, widget=UnfoldAdminSelectWidget)
    contact_email = forms.EmailField(max_length=254, required=False, widget=UnfoldAdminEmailInputWidget)
    is_active = forms.BooleanField(
        required=False, widget=UnfoldBooleanWidget, help_text="Off: every key is dead at once, and nothing is sent."
    )
    reason = _reason()


class KeyForm(forms.Form):
    """A new key; the present ones of its environment go on for a while."""

    environment = forms.ChoiceField(choices=Environment.choices, widget=UnfoldAdminSelectWidget)
    overlap_hours = forms.IntegerField(
        min_value=0, max_value=_OVERLAP_HOURS, initial=24, required=False, widget=UnfoldAdminTextInputWidget,
        help_text="Hours the present keys go on working: 0 ends them now, empty leaves them without end.",
    )  # fmt: skip
    reason = _reason()


class EndpointForm(forms.Form):
    """Where and how persistently one environment is told."""

    environment = forms.ChoiceField(choices=Environment.choices, widget=UnfoldAdminSelectWidget)
    webhook_url = forms.CharField(
        max_length=2000, required=False, widget=UnfoldAdminTextInputWidget, label="Webhook address"
    )
    retry_policy = forms.ChoiceField(choices=RetryPolicy.choices, widget=UnfoldAdminSelectWidget)
    reason = _reason()


class ReasonForm(forms.Form):
    """A deed that needs nothing but its reason."""

    reason = _reason()


class RowForm(forms.Form):
    """A deed about one row. ``what``: its number."""

    what = forms.IntegerField(
        min_value=1, max_value=MAX_ID, widget=forms.HiddenInput,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            "It is not said which row this is about. Open the page again and use its button.",
        ),
    )  # fmt: skip
    reason = _reason()


class EnvironmentForm(forms.Form):
    """A deed about one environment. ``what``: which; nothing stands for live by itself."""

    what = forms.ChoiceField(
        choices=Environment.choices, widget=forms.HiddenInput,
        error_messages={"required": _WHICH, "invalid_choice": _WHICH},
    )  # fmt: skip
    reason = _reason()


class MemberForm(forms.Form):
    """Somebody who will run the console."""

    email = forms.EmailField(max_length=254, widget=UnfoldAdminEmailInputWidget)
    reason = _reason()


class FailedForm(forms.Form):
    """What failed in one environment since an instant of India, to be sent again."""

    environment = forms.ChoiceField(choices=Environment.choices, widget=forms.HiddenInput)
    since = forms.DateTimeField(
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}), label="Made since (IST)"
    )
    reason = _reason()

    def clean_since(self) -> datetime:
        """Refuse a year that was mistyped."""
        since: datetime = self.cleaned_data["since"]
        if since.replace(tzinfo=UTC) < _SINCE_MIN:
            raise forms.ValidationError("That is before anything was sent. Choose a time after the year 2000.")
        return since
