"""Which webhook addresses are taken. The connector asks again, on the address it connects to, each time."""

import re
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from core.addresses import Address, AddressPolicy, parse_address
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
        found = [
            address for text in resolve(parts.host.rstrip("."), port) if (address := parse_address(text)) is not None
        ]
    except (OSError, UnicodeError):
        found = _literal(parts.host)
    refusals = [policy.refusal(address, scheme=parts.scheme) for address in found]
    if found and all(refusals):
        raise InvalidRequest(f"webhook_url: {refusals[0]}. Webhooks go to public addresses over https.")
    if not found and parts.scheme != "https":
        raise InvalidRequest("webhook_url: it must begin with https://.")
    return url


def _literal(host: str) -> list[Address]:
    """Return the address that a host is which no resolver takes: with a dot behind it, with a zone. Raises
    InvalidRequest for a host that ends in a number and is none (WHATWG URL, 3.5): some resolver may read one out of it.
    """
    text = host.rstrip(".")
    address = parse_address(f"[{text}]" if ":" in text else text)
    if address is None and re.fullmatch(r"\d+|0x[0-9a-f]*", text.rpartition(".")[2], re.IGNORECASE):
        raise InvalidRequest("webhook_url: its host is neither a name nor an address.")
    return [] if address is None else [address]


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
