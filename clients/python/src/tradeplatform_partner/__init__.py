"""Client of the partner API: `Partner` for blocking programs, `AsyncPartner` for asyncio, `verify_webhook`."""

from tradeplatform_partner.client import AsyncPartner, Partner
from tradeplatform_partner.errors import (
    BadRequest,
    Conflict,
    ConnectionFailed,
    DataUnavailable,
    Forbidden,
    InvalidIndex,
    InvalidKey,
    InvalidSymbol,
    NotFound,
    PartnerError,
    RateLimited,
    ServerError,
)
from tradeplatform_partner.webhooks import WebhookInvalid, verify_standard, verify_tc, verify_webhook

__version__ = "1.0.0"
__all__ = [
    "AsyncPartner", "BadRequest", "Conflict", "ConnectionFailed", "DataUnavailable", "Forbidden", "InvalidIndex",
    "InvalidKey", "InvalidSymbol", "NotFound", "Partner", "PartnerError", "RateLimited", "ServerError",
    "WebhookInvalid", "verify_standard", "verify_tc", "verify_webhook",
]  # fmt: skip
