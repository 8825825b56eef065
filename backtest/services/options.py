"""What a backtest may be made of."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Max

from accounts.models import User
from backtest import constants as limits
from backtest.services.runs import tries_of
from core.clock import IST
from engines.strategy.language import DEFAULT_MAX_POSITIONS, DEFAULT_POSITION_SIZE_PCT
from market.models import Universe
from signals.services.market_data import DEFAULT_INDEX, MAX_DAYS, MAX_SYMBOLS


def options(*, user: User, now: datetime) -> dict[str, Any]:
    """Return choices, defaults and limits."""
    lists = Universe.objects.filter(snapshots__isnull=False).annotate(
        newest=Max("snapshots__as_of"), lists=Count("snapshots")
    )
    return {
        "universes": [
            {"name": one.name, "title": one.title or one.name, "as_of": one.newest, "lists": one.lists}
            for one in lists.order_by("name")
        ],
        "costs": ["zerodha", "icici", "none"],
        "defaults": {
            "starting_capital": limits.DEFAULT_CAPITAL,
            "position_size_pct": DEFAULT_POSITION_SIZE_PCT,
            "max_positions": DEFAULT_MAX_POSITIONS,
            "max_per_sector": None,
            "slippage_bps": limits.DEFAULT_SLIPPAGE_BPS,
            "same_day_sale_credit": 1.0,
            "costs": "zerodha",
            "benchmark": DEFAULT_INDEX,
            "seed": 0,
            "end_date": now.astimezone(IST).date(),
        },
        "limits": {"symbols": MAX_SYMBOLS, "sessions": MAX_DAYS, "parameter_sets": limits.MAX_SETS},
        "sweep_numbers": list(limits.RUN_NUMBERS),
        "flags": limits.FLAG_NOTES,
        "tries": tries_of(user.pk),
    }
