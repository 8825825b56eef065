"""Answers of the partner surface as its description has them; the two analyses are in `answers_reports`.

These serializers render nothing: the rows come from `wire` and the services, and tests hold them against this.
"""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from partners.constants import Channel, Engine, Environment, Plan, RetryPolicy
from partners.lifecycle import State

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="1 to 255 printable characters. For 24 hours the same request with the same key gets the first answer "
    "again, with Idempotency-Replayed: true; another request with it is a 409.",
)


class PartnerAnswer(serializers.Serializer):
    """What every good answer begins with."""

    success = serializers.BooleanField(help_text="true")


class CountedAnswer(PartnerAnswer):
    """A list says how long it is."""

    count = serializers.IntegerField()


class PartnerKeyOut(serializers.Serializer):
    """A key without its secret."""

    id = serializers.IntegerField()
    prefix = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)


class PartnerUsageOut(serializers.Serializer):
    """Accepted requests of this key: since midnight in India, and in the last sixty seconds."""

    today = serializers.IntegerField()
    this_minute = serializers.IntegerField()


class PartnerEndpointOut(serializers.Serializer):
    """How a partner is told. ``webhook_failing_since``: the first failure after the last success."""

    webhook_url = serializers.CharField(allow_null=True)
    has_webhook_secret = serializers.BooleanField()
    retry_policy = serializers.ChoiceField(RetryPolicy.choices)
    webhook_paused_at = serializers.DateTimeField(allow_null=True)
    webhook_pause_reason = serializers.CharField(allow_null=True)
    webhook_failing_since = serializers.DateTimeField(allow_null=True)


class PartnerMeOut(PartnerEndpointOut):
    """The partner as its own key sees it."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    plan = serializers.ChoiceField(Plan.choices)
    rate_limit_per_minute = serializers.IntegerField()
    contact_email = serializers.CharField(allow_null=True)
    environment = serializers.ChoiceField(Environment.choices)
    key = PartnerKeyOut()
    usage = PartnerUsageOut()


class PartnerMeAnswer(PartnerAnswer):
    """``webhook_secret``: only in the answer that made it."""

    partner = PartnerMeOut()
    webhook_secret = serializers.CharField(required=False)


class PartnerRowOut(PartnerEndpointOut):
    """A partner as an admin key sees it."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    organisation = serializers.CharField(allow_blank=True)
    intended_use = serializers.CharField(allow_blank=True)
    contact_email = serializers.CharField(allow_blank=True)
    plan = serializers.ChoiceField(Plan.choices)
    rate_limit_per_minute = serializers.IntegerField()
    is_admin = serializers.BooleanField()
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class PartnersAnswer(CountedAnswer):
    """All partners."""

    partners = PartnerRowOut(many=True)


class PartnerNewKeyOut(serializers.Serializer):
    """A key on the one occasion it can be read."""

    id = serializers.IntegerField()
    key = serializers.CharField()
    prefix = serializers.CharField()


class PartnerMadeAnswer(PartnerAnswer):
    """A new partner with its two secrets, which no later answer has."""

    partner = PartnerRowOut()
    key = PartnerNewKeyOut()
    webhook_secret = serializers.CharField()


class PartnerRotatedKeyOut(PartnerNewKeyOut):
    """A further key."""

    expires_at = serializers.DateTimeField(allow_null=True)


class PartnerKeyAnswer(PartnerAnswer):
    """A further key, which no later answer has."""

    key = PartnerRotatedKeyOut()


class PartnerCodeOut(serializers.Serializer):
    """One code of the catalogue. ``retry_safe``: the same request may be sent again as it is."""

    code = serializers.CharField()
    http_status = serializers.IntegerField()
    meaning = serializers.CharField()
    retry_safe = serializers.BooleanField()


class PartnerCodesAnswer(CountedAnswer):
    """The code catalogue."""

    errors = PartnerCodeOut(many=True)


class PartnerSubscriptionOut(serializers.Serializer):
    """A subscription. ``paused_at``: its receiver answered 410 (Gone)."""

    id = serializers.IntegerField()
    engine = serializers.ChoiceField(Engine.choices)
    symbol = serializers.CharField()
    min_confidence = serializers.IntegerField()
    delta_threshold = serializers.IntegerField(allow_null=True)
    channels = serializers.ListField(child=serializers.ChoiceField(Channel.choices))
    is_active = serializers.BooleanField()
    paused_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    last_fired_at = serializers.DateTimeField(allow_null=True)


class PartnerSubscriptionsAnswer(CountedAnswer):
    """All subscriptions of the key's environment."""

    subscriptions = PartnerSubscriptionOut(many=True)


class PartnerSubscriptionAnswer(PartnerAnswer):
    """``warning``: why it will not be heard of as things are."""

    subscription = PartnerSubscriptionOut()
    warning = serializers.CharField(required=False)


class PartnerSubscribedAnswer(PartnerSubscriptionAnswer):
    """``created``: false where it was there already and has been changed."""

    created = serializers.BooleanField()


class PartnerAttemptOut(serializers.Serializer):
    """One attempt. ``payload``: what was sent; ``answer``: the beginning of what came back."""

    id = serializers.IntegerField(help_text="Of the delivery: the same over all attempts at it, and in X-TC-Delivery")
    event_id = serializers.CharField()
    subscription_id = serializers.IntegerField(allow_null=True)
    engine = serializers.ChoiceField(Engine.choices, allow_null=True)
    event = serializers.CharField(help_text="fno.signal, iscore.update or ping")
    channel = serializers.ChoiceField(Channel.choices)
    url = serializers.CharField(allow_blank=True)
    attempt = serializers.IntegerField(help_text="1 for the first")
    is_resend = serializers.BooleanField()
    status = serializers.ChoiceField([state.value for state in State])
    http_status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    duration_ms = serializers.IntegerField()
    payload = serializers.DictField()
    request_headers = serializers.DictField(child=serializers.CharField())
    answer = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)


class PartnerAttemptsAnswer(CountedAnswer):
    """The newest attempts."""

    deliveries = PartnerAttemptOut(many=True)


class PartnerDeliveryOut(serializers.Serializer):
    """A delivery that is waiting to be sent."""

    id = serializers.IntegerField()
    event_id = serializers.CharField()
    subscription_id = serializers.IntegerField(allow_null=True)
    engine = serializers.ChoiceField(Engine.choices, allow_null=True)
    event = serializers.CharField()
    status = serializers.ChoiceField([state.value for state in State])
    created_at = serializers.DateTimeField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)


class PartnerDeliveryAnswer(PartnerAnswer):
    """It will be sent now."""

    delivery = PartnerDeliveryOut()
