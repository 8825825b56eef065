"""Strategies, I-Score, F&O signals, patterns, scans, model portfolios, the life-cycle of signals."""
