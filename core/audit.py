"""The record of who did what: written in the transaction of the deed, never changed afterwards.

An entry that is rolled back with its deed is right to go; one that must survive a refusal (a failed sign-in) is
written outside the refused transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet

from core import clock
from core import request_id as request_ids
from core.models import AuditEntry
from core.redaction import redact

_MAX_TEXT = 200


def name_of(thing: Model | str) -> str:
    """Return how an object is named in the record: ``signal:9``. Text is taken as it is."""
    return thing if isinstance(thing, str) else f"{thing._meta.model_name}:{thing.pk}"


def record(
    *,
    actor: Model | str,
    action: str,
    object: Model | str = "",
    user_id: int | None = None,
    data: Mapping[str, Any] | None = None,
    ip: str = "",
    at: datetime | None = None,
    request_id: str | None = None,
) -> AuditEntry:
    """Write one entry and return it.

    ``actor``: ``user:12``, ``key:tc_live_ab``, ``system``, or a saved model object. ``action``: dotted, past tense
    (``auth.signed_in``, ``cart.placed``). ``user_id``: in whose activity list it appears; by default the actor's, if
    he is a user. ``data``: further facts; secrets are taken out of it and of the names. ``request_id`` and ``at``
    default to the present ones.
    """
    actor_name, object_name = _written(actor), _written(object)
    return AuditEntry.objects.create(
        actor=actor_name[:_MAX_TEXT],
        action=action,
        object=object_name[:_MAX_TEXT],
        user_id=_user_id(actor_name) if user_id is None else user_id,
        request_id=request_ids.get() if request_id is None else request_id,
        ip=ip[:64],
        at=at or clock.now(),
        data=redact(dict(data or {})),
    )


def _written(thing: Model | str) -> str:
    """Return a name as it may stand in the record. That of a row with a number is made here and holds no secret, though
    ``apikey:7`` looks like one; whatever else it is, text is searched.
    """
    name = name_of(thing)
    return name if isinstance(thing, Model) and isinstance(thing.pk, int) else redact(name)


def _user_id(actor: str) -> int | None:
    kind, _, number = actor.partition(":")
    return int(number) if kind == "user" and number.isdecimal() else None


def for_user(user: Model | int) -> QuerySet[AuditEntry]:
    """Return the activity of one user, newest first: what he did, and what was done in his name or to his account."""
    return AuditEntry.objects.filter(user_id=user if isinstance(user, int) else user.pk).order_by("-id")


def for_object(thing: Model | str) -> QuerySet[AuditEntry]:
    """Return what was done to one object, newest first."""
    return AuditEntry.objects.filter(object=name_of(thing)).order_by("-id")
