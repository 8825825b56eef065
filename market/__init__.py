"""Instruments, calendar, candles and price panels, quotes, ticks, market-data providers."""
