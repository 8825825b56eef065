"""The body of a run, and what sweeps and walk-forward tests add to it."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.base import Body
from signals.services.market_data import DEFAULT_INDEX

COSTS = ("zerodha", "icici", "none")


@extend_schema_field(
    {"oneOf": [
        {"type": "string", "enum": list(COSTS)},
        {"type": "object", "properties": {"flat_pct": {"type": "number", "minimum": 0, "maximum": 50}},
         "required": ["flat_pct"], "additionalProperties": False},
    ]}
)  # fmt: skip
class CostsField(serializers.Field):
    """``zerodha``, ``icici``, ``none``, or ``{"flat_pct": x}``: percent of every order's value."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and data in COSTS:
            return data
        if isinstance(data, dict) and set(data) == {"flat_pct"}:
            value = data["flat_pct"]
            if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 50:
                return {"flat_pct": float(value)}
        raise serializers.ValidationError(f'Must be one of {", ".join(COSTS)}, or {{"flat_pct": 0 to 50}}.')

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string", "maxLength": 60}]})
class StrategyKeyField(serializers.Field):
    """A strategy's number, or a template's name."""

    def to_internal_value(self, data: Any) -> int | str:
        if isinstance(data, int) and not isinstance(data, bool) and 0 < data < 2**63:
            return data
        if isinstance(data, str) and 0 < len(data) <= 60 and "\x00" not in data:
            return data
        raise serializers.ValidationError("Must be the number of a strategy, or the name of a template.")

    def to_representation(self, value: Any) -> Any:
        return value


class RunInput(Body):
    """A strategy, a market, money. ``strategy``: rules inline, in place of ``strategy_id``."""

    strategy_id = StrategyKeyField(required=False, help_text="Number of a strategy, or a template's name")
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="Default: current")
    strategy = serializers.DictField(required=False)
    universe = serializers.CharField(required=False, max_length=60, help_text="Default: the strategy's own")
    start_date = serializers.DateField()
    end_date = serializers.DateField()
    starting_capital = serializers.FloatField(default=1_000_000.0, help_text="Rupees")
    position_size_pct = serializers.FloatField(required=False, allow_null=True, min_value=0.01, max_value=100)
    max_positions = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=500)
    max_per_sector = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=500)
    slippage_bps = serializers.FloatField(default=5.0, min_value=0, max_value=1_000)
    same_day_sale_credit = serializers.FloatField(default=1.0, min_value=0, max_value=1)
    costs = CostsField(default="zerodha")
    benchmark = serializers.CharField(default=DEFAULT_INDEX, max_length=60)
    seed = serializers.IntegerField(default=0, min_value=0, max_value=2**53 - 1)
    params = serializers.DictField(child=serializers.FloatField(), default=dict, help_text="Values of parameters")


class JobOut(serializers.Serializer):
    """How far something is."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    status = serializers.ChoiceField(choices=("queued", "running", "done", "failed", "cancelled"))
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    error = serializers.CharField(required=False)
