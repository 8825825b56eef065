"""Yahoo Finance: delayed quotes and split-adjusted candles, by way of yfinance in a child process."""

from market.adapters.yahoo.adapter import YahooData

__all__ = ["YahooData"]
