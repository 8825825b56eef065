from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from core import clock
from core.shared_clock import shared_now

pytestmark = pytest.mark.django_db


def test_it_is_aware_and_close_to_this_machines():
    assert shared_now().utcoffset() == timedelta(0)
    assert abs(shared_now() - clock.now()) < timedelta(seconds=5)


def test_it_is_held_and_shifted_like_the_clock(monkeypatch):
    moment = datetime(2031, 5, 4, 5, 0, tzinfo=UTC)
    with clock.frozen(moment):
        assert shared_now() == moment
    monkeypatch.setattr(clock, "_offset_s", 86400.0)
    assert abs(shared_now() - clock.now()) < timedelta(seconds=5)


def test_a_machine_whose_clock_is_wrong_is_not_asked(monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("one machine, one clock")
    before = shared_now()
    monkeypatch.setattr(clock, "now", lambda: before + timedelta(hours=1))
    assert shared_now() - before < timedelta(minutes=1)
