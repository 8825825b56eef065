"""What an account's export holds of backtests: everything asked and found, without the curves."""

from typing import Any

from accounts.models import User
from accounts.services.account import register_exporter
from backtest.models import Run, Study
from backtest.services.runs import tries_of


def _backtests(user: User) -> dict[str, Any]:
    runs = ("id", "name", "universe", "start_date", "end_date", "hash", "request", "summary", "flags", "created_at")
    studies = ("id", "kind", "name", "universe", "status", "request", "points", "result", "created_at")
    return {
        "tries": tries_of(user.pk),
        "runs": list(Run.objects.filter(owner=user).order_by("id").values(*runs)),
        "studies": list(Study.objects.filter(owner=user).order_by("id").values(*studies)),
    }


register_exporter("backtests", _backtests)
