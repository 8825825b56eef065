"""Rows of the signals package, one module a noun."""

from signals.models.record import RecordEntry, RecordHead
from signals.models.strategies import Strategy, StrategyVersion

__all__ = ["RecordEntry", "RecordHead", "Strategy", "StrategyVersion"]
