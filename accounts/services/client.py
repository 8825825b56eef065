"""What is known of the other end of a request."""

import re
from dataclasses import dataclass

from django.http import HttpRequest

from core.addresses import throttle_key

_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}")


@dataclass(frozen=True, slots=True)
class Client:
    """``ip``: the address, as far as it can be believed. ``device``: in words, ``Firefox on Linux``."""

    ip: str
    device: str

    @property
    def throttle_key(self) -> str:
        """What limits count: the IPv4 address, or the /64 of an IPv6 one."""
        return throttle_key(self.ip)


def client_of(request: HttpRequest) -> Client:
    """Return the client of a request. Headers it could invent decide nothing but the words for its device."""
    ip = getattr(request, "client_address", "") or ""
    return Client(ip=ip, device=device_of(request.META.get("HTTP_USER_AGENT", "")))


def device_of(user_agent: str) -> str:
    """Describe a User-Agent in a few words of our own: browser and system, or the name of a program."""
    text = user_agent[:400]
    browser = next((name for mark, name in _BROWSERS if f"{mark}/" in text), "")
    system = next((name for mark, name in _SYSTEMS if mark in text), "")
    if browser:
        return f"{browser} on {system}" if system else browser
    product = _PRODUCT.match(text)
    return product[0] if product else "Unknown device"
