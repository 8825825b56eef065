"""Backtest runs, sweeps and comparisons."""
