import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import addresses
from core.addresses import AddressPolicy, parse_networks, resolve_client

PROXIES = parse_networks("10.0.0.0/8, fd00::/8")
CLIENT = "93.184.216.34"

NOT_PUBLIC = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "5f00::1",
    "::127.0.0.1",
]
PUBLIC = [
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.0.1",
    "172.32.0.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "2400:cb00::1",
]


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_special_blocks_are_not_public(text: str) -> None:
    assert not addresses.is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_ordinary_addresses_are_public(text: str) -> None:
    assert addresses.is_public(ipaddress.ip_address(text))


@given(st.ip_addresses())
def test_nothing_python_calls_private_is_public(address: addresses.Address) -> None:
    if address.is_private or address.is_multicast or address.is_reserved:
        assert not addresses.is_public(address)


def test_policy_by_default_wants_https_and_a_public_address() -> None:
    policy = AddressPolicy()
    assert policy.refusal(ipaddress.ip_address("8.8.8.8"), scheme="https") is None
    assert "https" in str(policy.refusal(ipaddress.ip_address("8.8.8.8"), scheme="http"))
    assert "not a public address" in str(policy.refusal(ipaddress.ip_address("127.0.0.1"), scheme="https"))


def test_allowed_nets_open_only_themselves() -> None:
    policy = AddressPolicy(allow_nets=parse_networks("127.0.0.0/8"))
    assert policy.refusal(ipaddress.ip_address("127.0.0.1"), scheme="http") is None
    assert policy.refusal(ipaddress.ip_address("::1"), scheme="http") is not None
    assert policy.refusal(ipaddress.ip_address("10.0.0.1"), scheme="https") is not None
    assert policy.refusal(ipaddress.ip_address("8.8.8.8"), scheme="http") is not None


def test_a_bad_block_is_named() -> None:
    with pytest.raises(ValueError, match=r"'10\.0\.0\.0/99' is no CIDR block"):
        parse_networks("127.0.0.1 10.0.0.0/99")


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        (CLIENT, [], CLIENT),
        (CLIENT, ["1.1.1.1"], CLIENT),  # the peer is no proxy: its header is a claim
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [CLIENT], CLIENT),
        ("10.0.0.1", [f"1.1.1.1, {CLIENT}"], CLIENT),  # the left part was sent by the client
        ("10.0.0.1", [f"1.1.1.1, {CLIENT}, 10.0.0.2"], CLIENT),
        ("10.0.0.1", ["1.1.1.1", CLIENT], CLIENT),  # two header lines are one list
        ("10.0.0.1", [f"{CLIENT}, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", [f"{CLIENT}:4711"], CLIENT),
        ("fd00::1", ["[2606:4700::1]:443"], "2606:4700::1"),
        ("::ffff:10.0.0.1", [CLIENT], CLIENT),
        (None, [CLIENT], addresses.UNKNOWN),
    ],
)
def test_forwarded_for_is_read_from_the_right(peer: str | None, forwarded: list[str], expected: str) -> None:
    assert resolve_client(peer, forwarded, PROXIES) == expected


@given(st.lists(st.text(max_size=20), max_size=4))
def test_an_untrusted_peer_cannot_choose_its_address(forwarded: list[str]) -> None:
    assert resolve_client(CLIENT, forwarded, PROXIES) == CLIENT


@given(st.lists(st.text(max_size=20), max_size=4))
def test_what_the_client_sends_left_of_its_own_address_is_ignored(forwarded: list[str]) -> None:
    assert resolve_client("10.0.0.9", [*forwarded, CLIENT], PROXIES) == CLIENT


def test_client_address_of_a_scope() -> None:
    scope = {"client": ("10.0.0.1", 5), "headers": [(b"x-forwarded-for", CLIENT.encode()), (b"host", b"x")]}
    assert addresses.client_address(scope, PROXIES) == CLIENT
    assert addresses.client_address({"client": None, "headers": []}, PROXIES) == addresses.UNKNOWN


def test_client_address_of_request_meta() -> None:
    meta = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": f"1.1.1.1,{CLIENT}"}
    assert addresses.client_address(meta, PROXIES) == CLIENT
    assert addresses.client_address(meta, ()) == "10.0.0.1"
    assert addresses.client_address({"REMOTE_ADDR": ""}, PROXIES) == addresses.UNKNOWN


def test_an_ipv6_subscriber_is_throttled_as_one() -> None:
    assert addresses.throttle_key("2606:4700::1") == addresses.throttle_key("2606:4700::ffff:1") == "2606:4700::/64"
    assert addresses.throttle_key("::ffff:8.8.8.8") == addresses.throttle_key("8.8.8.8") == "8.8.8.8"
    assert addresses.throttle_key("unknown") == "unknown"
