"""Rows of the backtest package."""

from backtest.models.jobs import Analysis, Job, Study
from backtest.models.runs import Run, Tries

__all__ = ["Analysis", "Job", "Run", "Study", "Tries"]
