"""How quotes travel between processes: JSON rows on Redis."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson

from market.adapters.base import Depth, DepthLevel, Quote

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_UTC_Z


def encode_quote(quote: Quote, *, source: str, seen_at_s: float) -> bytes:
    """Encode one quote with its source and when it was seen (epoch seconds)."""
    return orjson.dumps({"quote": quote, "source": source, "seen_at_s": seen_at_s}, option=_OPTIONS)


def decode_quote(raw: bytes) -> tuple[Quote, str, float]:
    """Return what `encode_quote` was given. Raises ValueError, TypeError or KeyError for anything else."""
    row = orjson.loads(raw)
    return _quote(row["quote"]), row["source"], row["seen_at_s"]


def encode_batch(quotes: Iterable[Quote], *, source: str) -> bytes:
    """Encode quotes of one source."""
    return orjson.dumps({"type": "ticks", "source": source, "quotes": list(quotes)}, option=_OPTIONS)


def decode_batch(message: dict[str, Any]) -> tuple[list[Quote], str]:
    """Return what `encode_batch` was given, from the parsed message."""
    return [_quote(row) for row in message["quotes"]], message["source"]


def _quote(row: dict[str, Any]) -> Quote:
    depth = row.pop("depth", None)
    as_of = datetime.fromisoformat(row.pop("as_of"))
    book = None if depth is None else Depth(_levels(depth["buy"]), _levels(depth["sell"]))
    return Quote(**row, as_of=as_of, depth=book)


def _levels(rows: list[dict[str, Any]]) -> tuple[DepthLevel, ...]:
    return tuple(DepthLevel(**row) for row in rows)
