"""Strategies as JSON to take along and bring in; what an account's export holds of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.models import User
from accounts.services.account import register_exporter
from core.errors import ValidationFailed
from signals.constants import EXPORT_FORMAT
from signals.models import Strategy, StrategyVersion
from signals.services.strategies.saving import strategy_create


def exported(version: StrategyVersion) -> dict[str, Any]:
    """Return a version as a document that `imported` reads on any installation."""
    return {
        "format": EXPORT_FORMAT,
        "version": version.number,
        "hash": version.hash,
        "created_at": version.created_at,
        "strategy": version.body,
    }


def imported(*, owner: User, document: Mapping[str, Any], now: datetime) -> Strategy:
    """Make a strategy of an exported document. Raises ValidationFailed naming what is wrong in it."""
    if document.get("format") != EXPORT_FORMAT:
        fault = f"Must be '{EXPORT_FORMAT}', the format of an exported strategy."
        raise ValidationFailed(errors=[{"loc": ["format"], "msg": fault, "type": "invalid"}])
    body = document.get("strategy")
    if not isinstance(body, dict):
        fault = "Must be an object, the strategy."
        raise ValidationFailed(errors=[{"loc": ["strategy"], "msg": fault, "type": "invalid"}])
    try:
        return strategy_create(owner=owner, body=body, now=now)
    except ValidationFailed as error:
        rows = [{**row, "loc": ["strategy", *row["loc"]]} for row in error.errors]
        raise ValidationFailed(errors=rows) from None


def _strategies(user: User) -> list[dict[str, Any]]:
    versions = StrategyVersion.objects.filter(strategy__owner=user).order_by("strategy_id", "number")
    return [{"strategy_id": version.strategy_id, **exported(version)} for version in versions]


register_exporter("strategies", _strategies)
