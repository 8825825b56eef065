"""Rows of the backtest package."""
