"""What was imported, as something to replay."""

from collections.abc import Sequence

import numpy as np
from django.db.models import QuerySet

from market.adapters.base import Bars
from market.adapters.replay.recording import columns
from market.constants import Basis, Source
from market.models import Candle, CandleSeries, Instrument


class ImportedRecording:
    """`market.adapters.replay.Recording` over imported raw candles; of several series the longest is played."""

    def symbols(self) -> Sequence[str]:
        """Return ``EXCHANGE:SYMBOL`` of every instrument with imported raw bars."""
        rows = Instrument.objects.filter(series__in=_series()).exclude(symbol="").distinct()
        return sorted(f"{exchange}:{symbol}" for exchange, symbol in rows.values_list("exchange", "symbol"))

    def load(self, symbol: str, interval: str) -> Bars | None:
        """Return all imported bars of ``symbol``, or None when there are none."""
        exchange, _, name = symbol.partition(":")
        series = _series().filter(instrument__exchange=exchange, instrument__symbol=name, interval=interval)
        longest = series.order_by("-bars", "id").first()
        if longest is None:
            return None
        rows = Candle.objects.filter(series=longest).order_by("ts")
        values = rows.values_list("ts", "open", "high", "low", "close", "volume", "oi")
        return columns(np.array([[np.nan if cell is None else cell for cell in row] for row in values]))


def _series() -> QuerySet[CandleSeries]:
    return CandleSeries.objects.filter(source=Source.IMPORT, basis=Basis.RAW, bars__gt=0)
