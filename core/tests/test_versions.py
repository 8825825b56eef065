import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from core import clock, money, versions
from core.models import DataVersion, JobSlot
from core.tests.racing import Race, race_fixture  # noqa: F401
from core.versions import Versions

T0 = datetime(2026, 5, 4, 4, 0, tzinfo=UTC)


class Source:
    """A database to count the looks at."""

    def __init__(self) -> None:
        self.now_s, self.reads, self.rows = 100.0, 0, {"prices": 1}
        self.fails = False

    def read(self) -> dict[str, int]:
        self.reads += 1
        if self.fails:
            raise DatabaseError("gone")
        return dict(self.rows)

    def versions(self) -> Versions:
        return Versions(read=self.read, monotonic=lambda: self.now_s, uncommitted=lambda: False)


@pytest.mark.django_db
def test_bump_counts_up_from_one() -> None:
    with clock.frozen(T0):
        assert [versions.bump("prices"), versions.bump("prices"), versions.bump("universes")] == [1, 2, 1]
    assert DataVersion.objects.get(name="prices").updated_at == T0
    assert versions.read_all() == {"prices": 2, "universes": 1}


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_bump_never_was() -> None:
    versions.bump("prices")
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
        versions.bump("prices")
        raise RuntimeError
    assert versions.read_all() == {"prices": 1}


@pytest.mark.django_db(transaction=True)
def test_an_uncommitted_bump_is_not_shown_to_others() -> None:
    reader = Versions(max_age_s=0)
    versions.bump("prices")
    with transaction.atomic():
        versions.bump("prices")
        assert reader.current("prices") == 2, "its own transaction sees it"
        assert reader._known is None, "nobody else does"
    assert reader.current("prices") == 2


def test_racing_bumps_are_all_counted(race: Race) -> None:
    seen = race(lambda _: [versions.bump("prices") for _ in range(25)], 4)
    assert sorted(value for values in seen for value in values) == list(range(1, 101))


def test_the_database_is_asked_once_a_second() -> None:
    source = Source()
    reader = source.versions()
    assert [reader.current("prices") for _ in range(10)] == [1] * 10
    assert reader.current("unknown") == 0
    assert source.reads == 1
    source.rows["prices"] = 2
    source.now_s += 0.99
    assert reader.current("prices") == 1
    source.now_s += 0.01
    assert reader.current("prices") == 2
    assert source.reads == 2


def test_a_message_makes_it_sooner() -> None:
    source = Source()
    reader = source.versions()
    reader.current("prices")
    source.rows["prices"] = 2
    reader.expire()
    assert reader.current("prices") == 2


def test_a_database_that_is_away_leaves_what_is_known() -> None:
    source = Source()
    reader = source.versions()
    source.fails = True
    with pytest.raises(DatabaseError):
        reader.current("prices")
    source.fails, source.now_s = False, source.now_s + 1
    assert reader.current("prices") == 1
    source.fails, source.now_s = True, source.now_s + 1
    assert reader.current("prices") == 1


def test_while_one_thread_reads_the_others_do_not_wait() -> None:
    source, reading, go_on = Source(), threading.Event(), threading.Event()
    reader = source.versions()
    reader.current("prices")
    source.now_s, plain_read = source.now_s + 2, source.read

    def slow_read() -> dict[str, int]:
        reading.set()
        go_on.wait(5)
        return plain_read()

    reader._read = slow_read
    thread = threading.Thread(target=reader.current, args=["prices"])
    thread.start()
    assert reading.wait(5)
    assert reader.current("prices") == 1
    go_on.set()
    thread.join(5)
    assert source.reads == 2


@pytest.mark.django_db
def test_money_columns_are_summed_and_empty_is_zero() -> None:
    assert money.sum_money(JobSlot.objects.all(), "slot") == Decimal(0)
    for slot in (1, 2, 39):
        JobSlot.objects.create(job="x", slot=slot, started_at=T0, lease_until=T0)
    assert money.sum_money(JobSlot.objects.all(), "slot") == Decimal(42)
    with pytest.raises(ValueError, match="Name the column"):
        money.sum_money(JobSlot.objects.all())
