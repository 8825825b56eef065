"""The codes that the partner surface answers with."""

from core.errors import Code

#: code, HTTP status, what it means, whether the same request may be sent again as it is.
ERRORS = (
    (Code.INVALID_REQUEST, 400, "It is malformed: see `error`. With 409: it does not fit the present state.", False),
    (Code.INVALID_INDEX, 400, "The index is none of NIFTY, BANKNIFTY, FINNIFTY, SENSEX.", False),
    (Code.INVALID_SYMBOL, 400, "The symbol is no share of the NSE that is known here.", False),
    (Code.NO_API_KEY, 401, "No key was sent.", False),
    (Code.INVALID_API_KEY, 401, "The key is not right, has expired or was revoked.", False),
    (Code.FORBIDDEN, 403, "The endpoint needs a key that this one is not.", False),
    (Code.NOT_FOUND, 404, "There is nothing at this address, or it belongs to somebody else.", False),
    (Code.METHOD_NOT_ALLOWED, 405, "The address takes other methods; see `Allow`.", False),
    (Code.IDEMPOTENCY_CONFLICT, 409, "The Idempotency-Key came with another request, or the first is open.", False),
    (Code.PAYLOAD_TOO_LARGE, 413, "The body is larger than is taken.", False),
    (Code.UNSUPPORTED_MEDIA_TYPE, 415, "Bodies are JSON: Content-Type: application/json.", False),
    (Code.RATE_LIMITED, 429, "The plan's requests a minute are used up; wait for `Retry-After` seconds.", True),
    (Code.ENGINE_ERROR, 500, "The engine failed on our side.", True),
    (Code.DB_ERROR, 500, "The database could not answer.", True),
    (Code.DATA_UNAVAILABLE, 503, "No source of data can answer now.", True),
)  # fmt: skip
