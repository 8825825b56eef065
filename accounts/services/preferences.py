"""What a user wants to be told of."""

from collections.abc import Mapping

from django.db import transaction

from accounts.constants import NOTIFICATION_CHANNELS, NOTIFICATION_DEFAULTS, NOTIFICATION_KINDS
from accounts.models import NotificationPreference, User

Choices = Mapping[str, Mapping[str, bool]]


def notifications_of(user: User) -> dict[str, dict[str, bool]]:
    """Return for every kind and channel whether it is on."""
    result = {kind: dict(channels) for kind, channels in NOTIFICATION_DEFAULTS.items()}
    for row in NotificationPreference.objects.filter(user=user):
        if row.kind in result and row.channel in result[row.kind]:
            result[row.kind][row.channel] = row.is_on
    return result


def wants(user: User, *, kind: str, channel: str) -> bool:
    """Return whether ``user`` is to be told of ``kind`` over ``channel``."""
    return notifications_of(user)[kind][channel]


@transaction.atomic
def notifications_replace(*, user: User, choices: Choices) -> dict[str, dict[str, bool]]:
    """Store every choice; what is left out returns to its default."""
    NotificationPreference.objects.filter(user=user).delete()
    NotificationPreference.objects.bulk_create(
        NotificationPreference(user=user, kind=kind, channel=channel, is_on=choices[kind][channel])
        for kind in NOTIFICATION_KINDS
        for channel in NOTIFICATION_CHANNELS
        if channel in choices.get(kind, {})
    )
    return notifications_of(user)
