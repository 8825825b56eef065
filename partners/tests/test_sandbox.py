"""Test keys where the deployment's own market is a real one: the same engine, on the simulated market, beside it."""

from datetime import timedelta

import orjson
import pytest
from django.conf import settings as configured
from django.forms.models import model_to_dict

from core import clock
from core.models import JobSlot
from market.adapters.registry import Registry
from market.adapters.simulated import SimulatedData
from market.services import providers
from partners.constants import Environment
from partners.models import ApiKey, Delivery, SandboxScan, SandboxSignal, Subscription
from partners.services import sandbox
from partners.services.firing import fno_fire, iscore_fire
from partners.services.housekeeping import prune
from partners.services.sandbox import scan_due, scores_due
from partners.services.testing import _score, _signal
from partners.services.welcome import welcome_due
from partners.tests.test_sending import make_partner, make_subscription
from partners.tests.test_surface import V1, _fresh, client  # noqa: F401 - fixture
from signals.models import FnoLatest, FnoScan, FnoSignal, RecordEntry
from signals.services.fno import tracking
from signals.tests.fno_market import Market, at, first_signal, forget, only
from tests.flows.pocket import make_universe

pytestmark = pytest.mark.django_db(transaction=True)

BEGIN = 515  # a minute of the session after which a signal fires soon
KEPT_APART = {"id", "changed_at"}


class Broker(SimulatedData):
    """A source under another name, whose prices are others."""

    name = "kite"


@pytest.fixture
def apart(settings):
    """The deployment's own market is a broker's; only NIFTY is looked at, which is what takes the time."""
    broker = Broker(seed=configured.SIMULATED_SEED + 1, hours="always")
    settings.MARKET_PROVIDERS = ("kite",)
    forget()
    with providers.use(Registry([broker], monotonic=clock.monotonic, sleep=lambda seconds: None)):
        yield broker
    providers.reset()
    forget()


@pytest.fixture(autouse=True)
def _one_index(monkeypatch):
    monkeypatch.setattr(sandbox, "INDICES", ("NIFTY",))


def scan_at(minute):
    with clock.frozen(at(minute)):
        return scan_due(now=at(minute))


def until_it_fires():
    for minute in range(BEGIN, BEGIN + 200):
        assert scan_at(minute) == 1
        if SandboxSignal.objects.exists():
            return minute
    raise AssertionError("nothing fired")


def columns(signal):
    return {name: value for name, value in model_to_dict(signal).items() if name not in KEPT_APART}


def without(names, facts):
    return {name: value for name, value in facts.items() if name not in names}


@pytest.fixture
def partner():
    found = make_partner()
    client(found, Environment.TEST)
    return found


def in_both(partner, **fields):
    test = make_subscription(partner, **fields)
    Subscription.objects.filter(pk=test.pk).update(environment=Environment.TEST)
    test.refresh_from_db()
    return make_subscription(partner, **fields), test


def test_the_whole_life_is_that_of_the_deployments_own_engine(partner, settings):
    """The same minutes on the simulated market: once as its own market, once beside a broker's."""
    with only():
        signal, minute = first_signal(start=BEGIN)
        last = minute
        while FnoSignal.objects.get().status == "LIVE":
            last += 1
            with clock.frozen(at(last)):
                tracking.track("NIFTY", now=at(last))
        signal.refresh_from_db()
    forget()
    settings.MARKET_PROVIDERS = ("kite",)
    broker = Broker(seed=configured.SIMULATED_SEED + 1, hours="always")
    with providers.use(Registry([broker], monotonic=clock.monotonic, sleep=lambda seconds: None)):
        assert until_it_fires() == minute
        fired = columns(SandboxSignal.objects.get().signal())
        while SandboxSignal.objects.get().is_live:
            minute += 1
            scan_at(minute)
    ended = SandboxSignal.objects.get().signal()
    assert minute == last
    life = {"status", "outcome", "last_price", "last_bar_at", "mfe", "mae", "exit_price", "closed_at", "r_multiple",
            "charges_per_lot", "net_per_lot", "label", "labelled_at"}  # fmt: skip
    assert without(life, fired) == without(life, columns(signal))
    labels = {"label", "labelled_at"}
    assert without(labels, columns(ended)) == without(labels, columns(signal))


def test_a_test_key_reads_and_is_told_and_live_ones_notice_nothing(apart, partner):
    _, test = in_both(partner, min_confidence=0)
    minute = until_it_fires()
    api, other = client(partner, Environment.TEST), client(partner)
    with clock.frozen(at(minute)):
        (row,) = api.get(f"{V1}/fno/signals/history").json()["signals"]
        analysis = api.get(f"{V1}/fno/signals/live?index=NIFTY").json()["analysis"]
        assert other.get(f"{V1}/fno/signals/history").json()["count"] == 0
    assert (row["provider"], row["data_source"], row["status"], row["outcome"]) == (
        "simulated", "simulated", "OPEN", "OPEN",
    )  # fmt: skip
    assert (analysis["provider"], analysis["actionable"]) == ("simulated", True)
    assert (analysis["confidence"], analysis["trade_direction"]) == (row["confidence"], row["trade_direction"])
    delivery = Delivery.objects.get()
    body = orjson.loads(bytes(delivery.body))
    assert (delivery.subscription, delivery.environment) == (test, Environment.TEST)
    assert {name: body[name] for name in ("trade_code", "sl", "target", "provider")} == {
        name: row[name] for name in ("trade_code", "sl", "target", "provider")
    }
    assert not any(model.objects.exists() for model in (FnoScan, FnoLatest, FnoSignal, RecordEntry))


def test_what_fires_and_what_is_told_of_it_stand_or_fall_together(apart, partner, monkeypatch):
    minute = until_it_fires()
    before = SandboxScan.objects.get().slot
    SandboxSignal.objects.all().delete()
    SandboxScan.objects.all().delete()
    forget()
    JobSlot.objects.all().delete()
    for earlier in range(BEGIN, minute):
        scan_at(earlier)

    def fails(*_, **__):
        raise RuntimeError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(sandbox, "fno_fire", fails)
        assert scan_at(minute) == 0
    assert not SandboxSignal.objects.exists()
    assert SandboxScan.objects.get().slot == before - 1


def test_a_minute_is_scanned_once(apart, partner):
    assert (scan_at(BEGIN), scan_at(BEGIN)) == (1, 0)


def test_nothing_is_scanned_for_nobody(apart):
    assert scan_at(BEGIN) == 0
    found = make_partner("Other")
    client(found)
    assert scan_at(BEGIN) == 0
    client(found, Environment.TEST)
    assert scan_at(BEGIN) == 1
    ApiKey.objects.filter(environment=Environment.TEST).update(revoked_at=clock.now())
    assert scan_at(BEGIN + 1) == 0


def test_the_deployments_own_scans_serve_test_keys_where_its_market_is_simulated(partner):
    assert scan_at(BEGIN) == 0
    _, test = in_both(partner)
    assert {row.subscription for row in fno_fire(_signal(clock.now()), now=clock.now())} == set(
        Subscription.objects.all()
    )
    assert test.environment == Environment.TEST


def test_apart_a_fallback_of_the_deployment_is_no_news_for_test_keys(apart, partner):
    live, _ = in_both(partner)
    assert [row.subscription for row in fno_fire(_signal(clock.now()), now=clock.now())] == [live]
    live, _ = in_both(partner, engine="iscore", symbol="RELIANCE", min_confidence=0, delta_threshold=5)
    assert [row.subscription for row in iscore_fire(_score(clock.now()), now=clock.now())] == [live]


def test_a_broken_source_ends_no_signal(apart, partner, monkeypatch):
    minute = until_it_fires()
    broken = Market(hours="always")
    broken.broken = {"candles"}
    with providers.use(Registry([broken], monotonic=clock.monotonic, sleep=lambda seconds: None)):
        scan_at(minute + 1)
    assert SandboxSignal.objects.get().is_live


def test_scores_of_the_simulated_session_are_told_once(apart, partner, settings):
    make_universe("nifty_100")
    live, test = in_both(partner, engine="iscore", symbol="RELIANCE", min_confidence=0, delta_threshold=5)
    assert (scores_due(now=clock.now()), scores_due(now=clock.now())) == (1, 0)
    delivery = Delivery.objects.get()
    assert (delivery.subscription, orjson.loads(bytes(delivery.body))["provider"]) == (test, "simulated")
    with clock.frozen(clock.now() + timedelta(days=1)):
        scores_due(now=clock.now())
    test.refresh_from_db()
    assert Delivery.objects.filter(subscription=live).count() == 0
    assert test.last_sequence == Delivery.objects.count()


def test_one_that_waits_for_its_welcome_is_not_told_twice(apart, partner):
    make_universe("nifty_100")
    _, test = in_both(partner, engine="iscore", symbol="RELIANCE", min_confidence=0, delta_threshold=5)
    Subscription.objects.filter(pk=test.pk).update(welcome_at=clock.now())
    assert scores_due(now=clock.now()) == 0
    assert welcome_due() == 1
    assert scores_due(now=clock.now()) == 0
    assert Delivery.objects.count() == 1


def test_own_scores_that_are_simulated_are_not_told_again(partner):
    make_universe("nifty_100")
    in_both(partner, engine="iscore", symbol="RELIANCE", min_confidence=0, delta_threshold=5)
    assert scores_due(now=clock.now()) == 0


def test_signals_that_are_over_are_forgotten_after_thirty_days(apart, partner):
    minute = until_it_fires()
    later = at(minute) + timedelta(days=30, seconds=1)
    assert prune(now=later)["signals"] == 0
    SandboxSignal.objects.update(is_live=False)
    assert prune(now=later)["signals"] == 1
