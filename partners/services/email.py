"""The e-mail channel: the same events, in words, to the partner's contact."""

from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from accounts.services.mail import send
from core import clock
from core.clock import IST
from partners.lifecycle import Happening
from partners.services.sending import Claimed, Outcome

MAIL_RETRY: Final = timedelta(minutes=5)
_TAIL: Final = (
    '\n\nSent because a subscription of {partner} has the channel "email"; '
    "change it over the API or in the console.\n"
    "Investments in securities markets are subject to market risks. This is data, not advice.\n"
)


def mail_send(claimed: Claimed) -> Outcome:
    """Send one delivery as a mail; a failure of the mail server is tried again like one of a receiver, once."""
    row, started = claimed.delivery, clock.monotonic()
    address = row.partner.contact_email
    if not address:
        return Outcome(Happening.REFUSED, error="The partner has no contact address.")
    subject, body = words(orjson.loads(bytes(row.body)), partner=row.partner.name)
    try:
        send(to=address, subject=subject, body=body)
    except OSError as exc:  # SMTPException is one
        happening = Happening.GIVEN_UP if row.planned or row.is_resend else Happening.PUT_OFF
        again = clock.now() + MAIL_RETRY if happening is Happening.PUT_OFF else None
        return Outcome(happening, next_attempt_at=again, error=f"The mail server failed: {type(exc).__name__}.")
    took = round((clock.monotonic() - started) * 1000)
    return Outcome(Happening.ACCEPTED, duration_ms=took)


def words(payload: dict[str, Any], *, partner: str) -> tuple[str, str]:
    """Return subject and text of a mail about an event body."""
    at = datetime.fromisoformat(payload["timestamp"]).astimezone(IST).strftime("%d %b %Y, %H:%M IST")
    tail = _TAIL.format(partner=partner)
    if payload.get("engine") == "fno":
        subject = f"{payload['index']}: {payload['trade_direction'].lower()}, confidence {payload['confidence']}"
        text = (
            f"{payload['trade_code']}\n\n"
            f"{payload['tradingsymbol']}: entry {payload['entry_price']}, stop {payload['sl']}, "
            f"target {payload['target']}\n"
            f"Entry mode: {payload['entry_mode']}. Confidence: {payload['confidence']} of 100 ({payload['tier']})."
        )
    elif payload.get("engine") == "iscore":
        before = payload.get("previous_score")
        moved = f" (before: {before})" if before is not None else ""
        subject = f"{payload['symbol']}: I-Score {payload['score']}, {payload['tier'].replace('_', ' ').lower()}"
        text = f"I-Score {payload['score']}{moved}, confidence {payload['confidence']}.\n\n{payload['summary']}"
    else:
        subject, text = "Test of the e-mail channel", "This is a test. Nothing happened in the market."
    return subject, f"{text}\n\n{at}. Data: {payload.get('data_source', 'none')}.{tail}"
