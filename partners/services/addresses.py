"""Which webhook addresses are taken. The connector asks again, on the address it connects to, each time."""

import re
from typing import Final
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from core.addresses import Address, AddressPolicy, parse_address
from core.errors import InvalidRequest
from core.http_transport import Places, Resolve, look_up, resolve_name

MAX_LENGTH: Final = 2000
LOOK_UP_S: Final = 2.0
#: A label of a name (RFC 1035, 2.3.4), with the underscore that some names have.
_LABEL: Final = re.compile(r"[a-z0-9_-]{1,63}", re.ASCII | re.IGNORECASE)
_NAME_MAX: Final = 253
_places = Places(8)


def webhook_url_check(url: str, *, resolve: Resolve = resolve_name, timeout_s: float = LOOK_UP_S) -> str:
    """Return ``url`` if it may be stored; raise InvalidRequest with what is wrong with it otherwise.

    Looks the name up, ``timeout_s`` at most, so it is called outside every transaction. A name that is not known in
    that time is taken: it may come to life before the first event, and nothing is sent to where it must not go.
    """
    parts, host, port = _parts(url)
    policy = AddressPolicy(allow_nets=settings.WEBHOOK_ALLOW_NETS)
    try:
        texts = look_up(resolve, host.rstrip("."), port, timeout_s=timeout_s, places=_places)
        found = [address for text in texts if (address := parse_address(text)) is not None]
    except (OSError, UnicodeError):
        found = _literal(host)
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


def _parts(url: str) -> tuple[httpx.URL, str, int]:
    """Return the parts of a URL, its host as it is connected to, and its port. Raises InvalidRequest.

    The host's bytes are read, not ``host``: that is decoded, which fails for names that DNS has and IDNA 2008 has not.
    """
    try:
        parts = httpx.URL(url)
        host = parts.raw_host.decode("ascii")
        port = (80 if parts.scheme == "http" else 443) if parts.port is None else parts.port
        urlsplit(url).port  # noqa: B018 - raises for a port out of range
    except (httpx.InvalidURL, ValueError, TypeError, UnicodeError):
        raise InvalidRequest("webhook_url: it is not a URL.") from None
    if len(url) > MAX_LENGTH or any(character.isspace() or not character.isprintable() for character in url):
        raise InvalidRequest(f"webhook_url: at most {MAX_LENGTH} characters, without blanks.")
    if parts.scheme not in ("https", "http") or not host:
        raise InvalidRequest("webhook_url: it must begin with https:// and name a host.")
    if parts.userinfo:
        raise InvalidRequest("webhook_url: it must not carry a user or password.")
    if port == 0 or not _is_host(host):
        raise InvalidRequest("webhook_url: no such host or port can exist.")
    return parts, host, port


def _is_host(host: str) -> bool:
    name = host.removesuffix(".")
    if ":" in name:  # an IPv6 address: httpx has read it
        return True
    return len(name) <= _NAME_MAX and all(_LABEL.fullmatch(label) for label in name.split("."))
