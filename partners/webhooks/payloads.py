"""Bodies of events, as bytes that are stored, signed and sent as they are.

The first keys of each are those of the partner documentation, in its order; what stands behind them was added. A body
is made once: every attempt sends the same bytes.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from core.clock import isoformat_z
from partners.constants import Environment

FNO_EVENT: Final = "fno.signal"
ISCORE_EVENT: Final = "iscore.update"
PING_EVENT: Final = "ping"

#: What a source of prices is called on this surface.
SOURCE_KINDS: Final = {
    "kite": "broker", "icici": "broker", "yahoo": "delayed", "import": "delayed", "replay": "delayed",
    "simulated": "simulated",
}  # fmt: skip


def source_fields(data_source: str | None) -> dict[str, str | None]:
    """Return ``data_source`` as this surface names it, with the ``provider`` itself beside it."""
    kind = SOURCE_KINDS.get(data_source, "delayed") if data_source else None
    return {"data_source": kind, "provider": data_source}


def fno_body(
    signal: Mapping[str, Any], *, event_id: str, sequence: int | None, subscription_id: int | None, environment: str
) -> bytes:
    """Return the body of an F&O signal. ``signal``: as the history of signals has it."""
    return _dump(
        {
            "engine": "fno",
            "event": "TRADE_TRIGGER",
            "index": signal["index"],
            "symbol": signal["index"],
            "score": signal["confidence"],
            **{
                name: signal[name]
                for name in (
                    "confidence", "tier", "trade_direction", "entry_mode", "atm_strike", "entry_price", "sl", "target",
                    "trade_code",
                )
            },
            "data_source": source_fields(signal["data_source"])["data_source"],
            "subscription_id": subscription_id,
            "timestamp": signal["timestamp"],
            "event_id": event_id,
            "sequence": sequence,
            "provider": signal["data_source"],
            **{name: signal[name] for name in ("tradingsymbol", "option_type", "expiry", "lot_size", "calibrated")},
            **_environment(environment),
        }
    )  # fmt: skip


def iscore_body(
    told: Mapping[str, Any],
    *,
    event_id: str,
    sequence: int | None,
    subscription_id: int | None,
    environment: str,
    at: datetime,
) -> bytes:
    """Return the body of an I-Score update. ``told``: symbol, score, previous_score, confidence, tier and so on."""
    return _dump(
        {
            "engine": "iscore",
            "symbol": told["symbol"],
            "score": told["score"],
            "confidence": told["confidence"],
            "tier": told["tier"],
            "recommendation": told["tier"],
            "summary": told["summary"],
            "components": told["components"],
            "subscription_id": subscription_id,
            "timestamp": isoformat_z(at),
            "event_id": event_id,
            "sequence": sequence,
            "previous_score": told["previous_score"],
            "as_of_session": told["as_of_session"],
            **source_fields(told["data_source"]),
            **_environment(environment),
        }
    )


def ping_body(*, event_id: str, environment: str, at: datetime) -> bytes:
    """Return the body of a test of the receiver."""
    body = {"event": "ping", "event_id": event_id, "timestamp": isoformat_z(at), "message": "This is a test."}
    return _dump(body | _environment(environment))


def _environment(environment: str) -> dict[str, str]:
    return {"environment": environment} if environment == Environment.TEST else {}


def _dump(body: Mapping[str, Any]) -> bytes:
    return orjson.dumps(body)
