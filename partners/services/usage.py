"""How much a key is used."""

from datetime import date, datetime

from django.db import connection

from core.clock import IST
from core.ratelimit import Decision, shared_limiter
from partners.constants import WINDOW_S
from partners.models import ApiKey, Usage


def request_counted(*, key: ApiKey, now: datetime) -> Decision:
    """Take a request into account, or refuse it because of the plan's limit; either way it is counted for the day."""
    limit = key.partner.rate_limit_per_minute
    decision = shared_limiter().hit(_name(key), limit=limit, window_s=WINDOW_S, now=now)
    _add(key, day_of(now), accepted=int(decision.allowed), limited=int(not decision.allowed))
    return decision


def usage_of(*, key: ApiKey, now: datetime) -> dict[str, int]:
    """Return the requests accepted today (IST) and in the last sixty seconds."""
    row = Usage.objects.filter(key=key, day=day_of(now)).first()
    seen = shared_limiter().peek(_name(key), limit=key.partner.rate_limit_per_minute, window_s=WINDOW_S, now=now)
    return {"today": row.accepted if row else 0, "this_minute": seen.limit - seen.remaining}


def day_of(now: datetime) -> date:
    """Return the date in India."""
    return now.astimezone(IST).date()


def _name(key: ApiKey) -> str:
    return f"partner:{key.public_id}"


def _add(key: ApiKey, day: date, *, accepted: int, limited: int) -> None:
    sql = (
        "INSERT INTO partners_usage (key_id, day, accepted, limited) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (key_id, day) DO UPDATE SET accepted = partners_usage.accepted + excluded.accepted, "
        "limited = partners_usage.limited + excluded.limited"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [key.pk, connection.ops.adapt_datefield_value(day), accepted, limited])
