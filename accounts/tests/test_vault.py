"""Secrets at rest: bound to their place, several keys, rotation."""

import uuid
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import BrokerCredential, User
from accounts.services.credentials import credentials_open, credentials_store, masked
from accounts.services.vault import Rotation, keyring, rotate, seal, unseal
from core import clock
from core.errors import InternalError

OLD, NEW = "old-" + "o" * 40, "new-" + "n" * 40


@given(text=st.text(max_size=300))
def test_what_is_sealed_comes_back(text: str) -> None:
    row = BrokerCredential(id=uuid.uuid4())
    row.api_key_sealed = seal(row, "api_key_sealed", text)
    assert unseal(row, "api_key_sealed") == text
    assert seal(row, "api_key_sealed", text) != row.api_key_sealed


def test_it_opens_in_its_place_only() -> None:
    row, other = BrokerCredential(id=uuid.uuid4()), BrokerCredential(id=uuid.uuid4())
    sealed = seal(row, "api_key_sealed", "kite-key")
    row.api_secret_sealed = other.api_key_sealed = sealed
    for holder, column in ((row, "api_secret_sealed"), (other, "api_key_sealed")):
        with pytest.raises(InternalError) as caught:
            unseal(holder, column)
        assert "kite-key" not in str(caught.value)


@pytest.mark.parametrize("broken", ["", "v1", "v1.x.y", "v2.aaaa.bbbb", "v1.00000000.AAAA"])
def test_what_is_broken_does_not_open(broken: str) -> None:
    with pytest.raises(InternalError):
        unseal(BrokerCredential(id=uuid.uuid4(), api_key_sealed=broken), "api_key_sealed")


def test_every_changed_byte_is_noticed() -> None:
    row = BrokerCredential(id=uuid.uuid4())
    sealed = seal(row, "api_key_sealed", "kite-key")
    for place in range(12, len(sealed) - 2, 5):
        row.api_key_sealed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        with pytest.raises(InternalError):
            unseal(row, "api_key_sealed")


@pytest.mark.django_db
def test_rotation(user: User, other_user: User, settings: Any) -> None:
    settings.CREDENTIALS_KEYS = (OLD,)
    for owner in (user, other_user):
        given = {"broker": "kite", "api_key": "k" * 16, "api_secret": f"s-{owner.pk}"}
        credentials_store(user=owner, ip="", now=clock.now(), **given)
    settings.CREDENTIALS_KEYS = (NEW, OLD)
    opened = credentials_open(user=user, broker="kite")
    assert opened is not None
    assert opened.api_secret == f"s-{user.pk}"
    assert rotate() == Rotation(resealed=4)
    assert rotate() == Rotation(current=4)
    settings.CREDENTIALS_KEYS = (NEW,)
    opened = credentials_open(user=other_user, broker="kite")
    assert opened is not None
    assert opened.api_secret == f"s-{other_user.pk}"
    settings.CREDENTIALS_KEYS = (OLD,)
    with pytest.raises(InternalError):
        credentials_open(user=user, broker="kite")
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("rotate_credentials_key", stdout=out)
    assert "4 cannot be opened" in out.getvalue()


@pytest.mark.django_db
def test_nothing_shows_what_is_inside(user: User) -> None:
    given = {"broker": "kite", "api_key": "canary-key", "api_secret": "canary-sec"}
    row = credentials_store(user=user, ip="", now=clock.now(), **given)
    opened = credentials_open(user=user, broker="kite")
    text = f"{row!r} {row} {opened!r} {keyring()!r} {row.__dict__}"
    assert "canary" not in text


def test_masks() -> None:
    assert masked("abcdef1234567890") == "••••••••7890"
    assert masked("short") == "••••••••"
