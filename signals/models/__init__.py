"""Rows of the signals package, one module a noun."""

from signals.models.strategies import Strategy, StrategyVersion

__all__ = ["Strategy", "StrategyVersion"]
