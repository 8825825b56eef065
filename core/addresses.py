"""Internet addresses: who is calling, and whom we may call.

Incoming: ``X-Forwarded-For`` is believed only as far as trusted proxies wrote it. Outgoing: an address is public if
it lies in no block of the IANA special-purpose registries (RFC 6890 and its updates); the tables are our own because
``ipaddress.is_global`` has changed between Python's minor versions. For IPv6 only global unicast (2000::/3) can be
public, which leaves out mapped (::ffff:0:0/96), NAT64 (64:ff9b::/96), unique-local and link-local addresses at once;
tunnels that carry an IPv4 address (6to4, Teredo) are left out because that address would go unseen.
"""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

UNKNOWN = "unknown"

_SPECIAL_V4 = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # class E and broadcast
    )
)
_GLOBAL_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(
    ipaddress.IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)


def parse_networks(text: str | Iterable[str]) -> tuple[Network, ...]:
    """Read CIDR blocks from a setting: a comma or space separated string, or an iterable of strings.

    A single address is a block of one. Raises ValueError naming the part that is no block.
    """
    parts = text.replace(",", " ").split() if isinstance(text, str) else list(text)
    networks = []
    for part in parts:
        try:
            networks.append(ipaddress.ip_network(part.strip(), strict=False))
        except ValueError:
            raise ValueError(f"{part!r} is no CIDR block such as 10.0.0.0/8.") from None
    return tuple(networks)


def parse_address(text: str) -> Address | None:
    """Return the address in ``text``, or None. Takes ``1.2.3.4``, ``1.2.3.4:80``, ``2001::1``, ``[2001::1]:80``.

    An IPv4 address mapped into IPv6 is returned as IPv4: dual-stack sockets report clients that way.
    """
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def is_in(address: Address, networks: Iterable[Network]) -> bool:
    """Tell whether the address lies in one of the blocks (an IPv4 address in no IPv6 block, and the reverse)."""
    return any(address.version == network.version and address in network for network in networks)


def is_public(address: Address) -> bool:
    """Tell whether the address belongs to the public Internet."""
    if isinstance(address, ipaddress.IPv4Address):
        return not is_in(address, _SPECIAL_V4)
    return address in _GLOBAL_UNICAST_V6 and not is_in(address, _SPECIAL_V6)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Which addresses outgoing requests may reach.

    ``allow_nets``: blocks that may be reached although they are not public. ``plain_http``: whether ``http://`` may be
    used towards public addresses; towards ``allow_nets`` it always may. ``anywhere``: no rule at all, for addresses
    that the operator of the deployment has configured.
    """

    allow_nets: tuple[Network, ...] = ()
    plain_http: bool = False
    anywhere: bool = False

    def refusal(self, address: Address, *, scheme: str) -> str | None:
        """Return why the address may not be reached with this scheme, or None if it may."""
        if self.anywhere or is_in(address, self.allow_nets):
            return None
        if not is_public(address):
            return f"{address} is not a public address"
        if scheme != "https" and not self.plain_http:
            return f"{address} may only be reached over https"
        return None


TRUSTED_OPERATOR = AddressPolicy(anywhere=True)


def resolve_client(peer: str | None, forwarded: Sequence[str], trusted: Iterable[Network]) -> str:
    """Return the address of the client as text.

    ``peer`` is the other end of the socket, ``forwarded`` the values of all ``X-Forwarded-For`` headers in order.
    Each proxy appends the address it was called from, so the list is read from the right and ends at the first
    address that is no trusted proxy: what stands left of it, the client may have invented. An entry that is no
    address ends the walk too. An unreadable peer (a Unix socket) is ``"unknown"`` and vouches for nothing.
    """
    address = parse_address(peer) if peer else None
    if address is None:
        return UNKNOWN
    trusted = tuple(trusted)
    hops = [hop for value in forwarded for hop in value.split(",")]
    while hops and is_in(address, trusted):
        caller = parse_address(hops.pop())
        if caller is None:
            break
        address = caller
    return str(address)


def client_address(scope: Mapping[str, Any], trusted: Iterable[Network]) -> str:
    """Return the client's address of an ASGI connection scope, or of Django's ``request.META``.

    See ``resolve_client`` for what is believed.
    """
    if "REMOTE_ADDR" in scope:
        header = scope.get("HTTP_X_FORWARDED_FOR")
        return resolve_client(scope["REMOTE_ADDR"], [header] if header else [], trusted)
    client = scope.get("client")
    forwarded = [value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"x-forwarded-for"]
    return resolve_client(client[0] if client else None, forwarded, trusted)


def throttle_key(client: str) -> str:
    """Return what a limit per client counts: the IPv4 address, or the /64 an IPv6 subscriber owns whole."""
    address = parse_address(client)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((address, 64), strict=False))
    return str(address) if address else client
