"""Forms of the admin's partner pages."""

from datetime import timedelta

from django import forms
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from partners.constants import NAME_LENGTH, Environment, Plan, RetryPolicy
from partners.services.keys import OVERLAP_MAX

_OVERLAP_HOURS = int(OVERLAP_MAX / timedelta(hours=1))


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
    """A deed that needs nothing but its reason. ``what``: the row it is about."""

    what = forms.CharField(max_length=60, required=False, widget=forms.HiddenInput)
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
