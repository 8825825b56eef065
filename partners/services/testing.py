"""Events that test a receiver: whole bodies with made-up content that says so."""

from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Model

from core import audit
from core.clock import IST, isoformat_z
from partners.models import Delivery, Partner
from partners.services.outbox import ping
from partners.services.secrets import endpoint_of
from partners.webhooks.payloads import (
    FNO_EVENT,
    ISCORE_EVENT,
    PING_EVENT,
    fno_body,
    iscore_body,
    ping_body,
)

EVENTS: Final = (PING_EVENT, FNO_EVENT, ISCORE_EVENT)


@transaction.atomic
def test_event(
    *,
    partner: Partner,
    environment: str,
    event: str,
    actor: Model | str,
    now: datetime,
    ip: str = "",  # noqa: PT028 - no test
) -> Delivery:
    """Send one event of a kind to the partner's receiver, outside every subscription. Raises Conflict while nothing is
    sent there.
    """

    def body(event_id: str) -> bytes:
        outside: dict[str, Any] = {
            "event_id": event_id, "sequence": None, "subscription_id": None, "environment": environment,
        }  # fmt: skip
        if event == FNO_EVENT:
            return fno_body(_signal(now), **outside)
        if event == ISCORE_EVENT:
            return iscore_body(_score(now), at=now, **outside)
        return ping_body(event_id=event_id, environment=environment, at=now)

    delivery = ping(partner=partner, environment=environment, body=body, event=event, now=now)
    data = {"partner": partner.name, "environment": environment, "event": event}
    endpoint = endpoint_of(partner, environment)
    audit.record(actor=actor, action="partner_endpoint.tested", object=endpoint, ip=ip, at=now, data=data)
    return delivery


test_event.__test__ = False  # type: ignore[attr-defined]


def _signal(now: datetime) -> dict[str, Any]:
    day = now.astimezone(IST).date().isoformat()
    return {
        "index": "NIFTY", "confidence": 82, "tier": "HIGH", "trade_direction": "BULLISH", "entry_mode": "BREAKOUT",
        "atm_strike": 22500, "entry_price": 120.0, "sl": 105.0, "target": 145.0, "trade_code": f"NIFTY-{day}-TEST",
        "data_source": "simulated", "timestamp": isoformat_z(now), "tradingsymbol": "NIFTY-TEST-22500CE",
        "option_type": "CE", "expiry": day, "lot_size": 65, "calibrated": False,
    }  # fmt: skip


def _score(now: datetime) -> dict[str, Any]:
    part = {"score": 71.3, "weight": 100.0, "effective_weight": 100.0, "coverage": 1.0}
    return {
        "symbol": "RELIANCE", "score": 71.3, "previous_score": 64.0, "confidence": 0.81, "tier": "BUY",
        "summary": "A test of the receiver; nothing happened in the market.", "components": {"trend": part},
        "as_of_session": now.astimezone(IST).date().isoformat(), "data_source": "simulated",
    }  # fmt: skip
