"""What a new subscription is told at once: the present I-Score, so that its partner has something to compare with."""

from datetime import datetime

from core.errors import PlatformError
from engines.iscore.combine import told_tier
from partners.constants import Engine
from partners.models import Delivery, Subscription
from partners.services.engines import iscore_result
from partners.services.firing import iscore_tell


def subscription_welcome(*, subscription: Subscription, now: datetime) -> list[Delivery]:
    """Tell a new subscription to an I-Score of the present one; nothing where there is none or it is too low."""
    if subscription.engine != Engine.ISCORE or not subscription.is_active:
        return []
    try:
        found = iscore_result(subscription.symbol, environment=subscription.environment, now=now)
    except PlatformError:
        return []
    if found["iscore"] is None or found["confidence"] is None:
        return []
    told = {
        "symbol": subscription.symbol,
        "score": found["iscore"],
        "previous_score": (found.get("previous") or {}).get("iscore"),
        "confidence": found["confidence"],
        "tier": told_tier(None, found["iscore"], found["confidence"]),
        "summary": found["summary"],
        "components": {
            name: {key: part[key] for key in ("score", "weight", "effective_weight", "coverage")}
            for name, part in found["components"].items()
        },
        "as_of_session": str(found["as_of_session"]),
        "data_source": found["provider"],
    }
    return iscore_tell(subscription, told, now=now)
