"""Which webhook addresses are taken. The connector asks again, on the address it connects to, each time."""

from urllib.parse import urlsplit

import httpx
from django.conf import settings

from core.addresses import AddressPolicy, parse_address
from core.errors import InvalidRequest
from core.http_transport import Resolve, resolve_name

MAX_LENGTH = 2000


def webhook_url_check(url: str, *, resolve: Resolve = resolve_name) -> str:
    """Return ``url`` if it may be stored; raise InvalidRequest with what is wrong with it otherwise.

    A name that cannot be resolved now is taken: it may come to life before the first event, and nothing is sent to
    where it must not go.
    """
    parts, port = _parts(url)
    policy = AddressPolicy(allow_nets=settings.WEBHOOK_ALLOW_NETS)
    try:
        found = [address for text in resolve(parts.host, port) if (address := parse_address(text)) is not None]
    except (OSError, UnicodeError):
        found = []
    refusals = [policy.refusal(address, scheme=parts.scheme) for address in found]
    if found and all(refusals):
        raise InvalidRequest(f"webhook_url: {refusals[0]}. Webhooks go to public addresses over https.")
    if not found and parts.scheme != "https":
        raise InvalidRequest("webhook_url: it must begin with https://.")
    return url


def _parts(url: str) -> tuple[httpx.URL, int]:
    try:
        parts = httpx.URL(url)
        port = parts.port or (80 if parts.scheme == "http" else 443)
        urlsplit(url).port  # noqa: B018 - raises for a port out of range
    except (httpx.InvalidURL, ValueError, TypeError, UnicodeError):
        raise InvalidRequest("webhook_url: it is not a URL.") from None
    if len(url) > MAX_LENGTH or any(character.isspace() or not character.isprintable() for character in url):
        raise InvalidRequest(f"webhook_url: at most {MAX_LENGTH} characters, without blanks.")
    if parts.scheme not in ("https", "http") or not parts.host:
        raise InvalidRequest("webhook_url: it must begin with https:// and name a host.")
    if parts.userinfo:
        raise InvalidRequest("webhook_url: it must not carry a user or password.")
    return parts, port
