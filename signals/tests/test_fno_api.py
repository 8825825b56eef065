"""The API and the stream of F&O signals."""

import asyncio
import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest

from accounts.services.socket_auth import SocketUser
from core import clock
from core.clock import IST
from engines.metrics.risk_free import risk_free_pct
from engines.options import black76
from market.watching import WatchSocket
from signals.api.fno import LiveOut, SignalOut
from signals.models import FnoLatest, FnoSignal
from signals.services.fno import feed as feed_module
from signals.services.fno import gathering
from signals.services.fno.bars import read_minutes
from signals.services.fno.feed import SignalFeed, changed_since
from signals.services.fno.shown import newest
from signals.tests.fno_market import Market, at, first_signal, only, scan_at, values_of

pytestmark = pytest.mark.django_db(transaction=True)
SCOPE = {"headers": [(b"host", b"localhost")]}


@pytest.fixture
def market() -> Iterator[Market]:
    with only() as found:
        yield found


def get(client: Any, path: str, minute: float, status: int = 200) -> Any:
    with clock.frozen(at(minute)):
        answer = client.get(path)
    assert answer.status_code == status, answer.content
    return answer.json()


def _finite(value: Any) -> None:
    if isinstance(value, float):
        assert math.isfinite(value)
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _finite(one)


def test_live_is_made_now_without_a_scan_and_is_the_scan_with_one(market: Market, signed_in: Any) -> None:
    made = get(signed_in, "/api/fno/live?index=nifty", 500)
    assert made["index"] == "NIFTY"
    assert made["signal"] is None
    assert made["analysis"]["data_source"] == "simulated"
    _finite(made)
    assert set(made["analysis"]) >= set(LiveOut().fields["analysis"].fields)
    scan_at(at(501))
    row = FnoLatest.objects.get(index="NIFTY")
    row.payload["confidence"] = 49
    row.save()
    assert get(signed_in, "/api/fno/live?index=NIFTY", 502)["analysis"]["confidence"] == 49
    assert (
        get(signed_in, "/api/fno/live?index=NIFTY", 503)["analysis"]["confidence"] != 49
    )  # the scan is two minutes old


def test_the_age_of_the_data_is_counted_to_the_answer(market: Market, signed_in: Any) -> None:
    scan_at(at(501))
    row = FnoLatest.objects.get(index="NIFTY")
    before = row.payload["data_age_s"]
    for seconds in (0, 20, 50):
        found = get(signed_in, "/api/fno/live?index=NIFTY", 501 + seconds / 60)["analysis"]
        assert found["scanned_at"] == row.payload["scanned_at"]
        assert found["data_age_s"] == pytest.approx(before + seconds, abs=0.11)
    row.payload["data_age_s"] = 80.0  # fresh when it was scanned, too old half a minute later: looked at anew
    row.save()
    assert get(signed_in, "/api/fno/live?index=NIFTY", 501.1)["analysis"]["data_age_s"] == pytest.approx(86.0, abs=0.11)
    anew = get(signed_in, "/api/fno/live?index=NIFTY", 501.5)["analysis"]
    assert anew["scanned_at"] > row.payload["scanned_at"]
    kept = get(signed_in, "/api/fno/live?index=NIFTY", 501.5 + 4 / 60)["analysis"]
    assert kept["data_age_s"] == pytest.approx(anew["data_age_s"] + 4, abs=0.11)


def test_the_age_is_that_which_is_judged_the_index_s_minutes_included(
    market: Market, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quotes and chain are of now; the minutes end a minute ago, then three."""
    late = {"minutes": 2}  # the last of them was under way then

    def read(feed: Any, key: str, sessions: Any, now: Any, **more: Any) -> Any:
        return read_minutes(feed, key, sessions, now - timedelta(minutes=late["minutes"]), **more)

    monkeypatch.setattr(gathering, "read_minutes", read)
    scan_at(at(501))
    row = FnoLatest.objects.get(index="NIFTY")
    assert row.payload["data_age_s"] == 65.0
    kept = get(signed_in, "/api/fno/live?index=NIFTY", 501 + 20 / 60)["analysis"]
    assert (kept["scanned_at"], kept["data_age_s"]) == (row.payload["scanned_at"], 85.0)
    late["minutes"] = 4
    anew = get(signed_in, "/api/fno/live?index=NIFTY", 501 + 30 / 60)["analysis"]  # the scan's minutes are too old now
    assert anew["scanned_at"] > row.payload["scanned_at"]
    (check,) = [one for one in anew["layers"]["filters"]["checks"] if one["code"] == "DATA_STALE"]
    assert anew["data_age_s"] == check["measure"] == 215.0
    assert "DATA_STALE" in anew["vetoes"]


def test_the_time_to_expiry_is_that_of_the_prices(market: Market, signed_in: Any) -> None:
    """Options are worth what they cost with it, also on a market whose 15:30 is not that of the wall."""
    _, minute = first_signal()
    found = get(signed_in, "/api/fno/live?index=NIFTY", minute)["analysis"]
    chain = get(signed_in, "/api/fno/chain?index=NIFTY", minute)
    years, forward = found["years_to_expiry"], found["forward"]
    assert 365 * years == pytest.approx(chain["days_to_expiry"], abs=0.006)
    rate = risk_free_pct(at(minute).astimezone(IST).date()) / 100.0
    for trade in found["trades"]:
        worth = black76.price(forward, trade["strike"], years, trade["iv"], trade["option_type"] == "CE", rate)
        assert float(worth) == pytest.approx((trade["bid"] + trade["ask"]) / 2, abs=0.06)


def test_an_answer_that_an_earlier_version_stored_has_every_field(market: Market, signed_in: Any) -> None:
    scan_at(at(501))
    row = FnoLatest.objects.get(index="NIFTY")
    written = dict(row.payload)
    row.payload = {key: written[key] for key in written if key not in ("missing_words", "years_to_expiry")}
    row.payload["missing_inputs"] = [*written["missing_inputs"], "no_longer_known"]
    row.save()
    live = get(signed_in, "/api/fno/live?index=NIFTY", 501)["analysis"]
    (told,) = changed_since(at(501) - timedelta(seconds=1))
    assert live["scanned_at"] == written["scanned_at"]
    for found in (live, newest()["NIFTY"]["analysis"], told["data"]["analysis"]):
        assert found["missing_words"] == [*written["missing_words"], "no longer known"]
        assert found["years_to_expiry"] is None
        assert set(found) == set(written)
    del row.payload["missing_inputs"]
    row.save()
    assert newest()["NIFTY"]["analysis"]["missing_words"] == []


def test_answering_fires_nothing(market: Market, signed_in: Any) -> None:
    _, minute = first_signal()
    from signals.tests.fno_market import forget

    forget()
    FnoLatest.objects.all().delete()
    found = get(signed_in, "/api/fno/live?index=NIFTY", minute)
    assert found["analysis"]["actionable"]
    assert len(found["analysis"]["trades"]) == 3
    assert not FnoSignal.objects.exists()


def test_history_and_track_record(market: Market, signed_in: Any) -> None:
    signal, minute = first_signal()
    live = get(signed_in, "/api/fno/live?index=NIFTY", minute)
    rows = get(signed_in, "/api/fno/history?index=NIFTY", minute)
    assert rows == [live["signal"]]
    assert set(rows[0]) == set(SignalOut().fields)
    assert rows[0]["trade_code"] == signal.trade_code
    assert get(signed_in, "/api/fno/history?index=SENSEX", minute) == []
    assert get(signed_in, "/api/fno/history?outcome=SL", minute) == []
    for address, said in (
        ("/api/fno/history?outcome=WON", "outcome: 'WON' is none of OPEN, TARGET, SL, TIME_EXIT, EXPIRED."),
        ("/api/fno/track-record?market=mars", "market: 'mars' is none of real, simulated."),
    ):
        refused = signed_in.get(address)
        assert (refused.status_code, refused.json()["detail"]) == (400, said)
    found = get(signed_in, "/api/fno/track-record?index=NIFTY", minute)
    assert (found["count"], found["live"], found["overall"]["n"]) == (1, 1, 0)
    values = values_of(signal)
    for number in range(2, 6):
        code = f"NIFTY-2026-11-27-{number:03d}"
        more = {"trade_code": code, "number": number, "slot": number, "status": "CLOSED", "outcome": "SL"}
        FnoSignal.objects.create(**values | more | {"closed_at": at(minute), "triggered_at": at(minute - number)})
    page = signed_in
    with clock.frozen(at(minute)):
        answer = page.get("/api/fno/history?limit=2&offset=1")
    assert answer["X-Total-Count"] == "5"
    assert [row["trade_code"][-3:] for row in answer.json()] == ["002", "003"]
    with clock.frozen(at(minute) + timedelta(days=8)):
        assert page.get("/api/fno/history").json() == []


def test_chain(market: Market, signed_in: Any) -> None:
    _, minute = first_signal()
    found = get(signed_in, "/api/fno/chain?index=NIFTY", minute)
    _finite(found)
    strikes = [row["strike"] for row in found["rows"]]
    assert strikes == sorted(strikes)
    assert found["atm_strike"] in strikes
    assert [one["type"] for one in found["chosen"]] == ["ATM", "OTM", "ITM"]
    at_money = next(row for row in found["rows"] if row["strike"] == found["atm_strike"])
    assert at_money["ce"]["delta"] == pytest.approx(1 + at_money["pe"]["delta"], abs=0.02)
    assert at_money["ce"]["bid"] <= at_money["ce"]["ask"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/fno/live", 400, "INVALID_REQUEST"),
        ("/api/fno/live?index=DAX", 400, "INVALID_INDEX"),
        ("/api/fno/chain?index=", 400, "INVALID_REQUEST"),
        ("/api/fno/history?index=DAX", 400, "INVALID_INDEX"),
        ("/api/fno/history?days=31", 400, "INVALID_REQUEST"),
        ("/api/fno/history?limit=501", 400, "INVALID_REQUEST"),
        ("/api/fno/history?limit=0", 400, "INVALID_REQUEST"),
        ("/api/fno/track-record?index=X", 400, "INVALID_INDEX"),
    ],
)
def test_refusals(signed_in: Any, path: str, status: int, code: str) -> None:
    answer = signed_in.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("name", ["live?index=NIFTY", "chain?index=NIFTY", "history", "track-record"])
def test_strangers_are_told_nothing(client: Any, db: None, name: str) -> None:
    assert client.get(f"/api/fno/{name}").status_code == 401


def test_sources_that_are_down_are_said(market: Market, signed_in: Any) -> None:
    market.broken = {"quotes", "candles", "option_chain"}
    found = get(signed_in, "/api/fno/live?index=NIFTY", 500)["analysis"]
    assert not found["actionable"]
    assert "PROVIDER_DOWN" in found["vetoes"]
    assert "A source of market data does not answer." in found["veto_words"]
    assert get(signed_in, "/api/fno/chain?index=NIFTY", 500)["rows"] == []


# The stream


def test_news_are_scans_and_changes_of_signals(market: Market) -> None:
    _, minute = first_signal()
    with clock.frozen(at(minute)):
        found = changed_since(at(minute) - timedelta(seconds=5))
    assert [(news["type"], news["index"]) for news in found] == [("scan", "NIFTY"), ("signal", "NIFTY")]
    assert found[0]["data"]["signal"] == found[1]["signal"]
    orjson.dumps(found)


def test_who_listens_again_is_told_what_became_of_the_last_signal(market: Market) -> None:
    signal, minute = first_signal()
    with clock.frozen(at(minute)):
        told = feed_module.everything()
        assert told["indices"]["NIFTY"]["signal"] == told["last"]["NIFTY"]
        FnoSignal.objects.filter(pk=signal.pk).update(status="CLOSED", outcome="TARGET", closed_at=at(minute))
        told = feed_module.everything()
    assert told["indices"]["NIFTY"]["signal"] is None
    assert {index: (one["trade_code"], one["outcome"]) for index, one in told["last"].items()} == {
        "NIFTY": (signal.trade_code, "TARGET")
    }
    orjson.dumps(told)


class Line:
    """The two ends of a WebSocket."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.incoming.put_nowait({"type": "websocket.connect"})

    async def receive(self) -> dict[str, Any]:
        return await self.incoming.get()

    async def send(self, message: dict[str, Any]) -> None:
        await self.sent.put(message)

    async def said(self) -> Any:
        message = await asyncio.wait_for(self.sent.get(), 5)
        return orjson.loads(message["text"]) if message["type"] == "websocket.send" else message


def socket(monkeypatch: Any, rows: list[list[Any]], user: SocketUser | None = SocketUser(7)) -> WatchSocket:  # noqa: B008
    monkeypatch.setattr(feed_module, "changed_since", lambda since: rows.pop(0) if rows else [])
    monkeypatch.setattr(feed_module, "everything", lambda: {"type": "signals", "indices": {}})

    async def off_loop(work: Any, *args: Any) -> Any:
        return work(*args)

    async def authenticate(scope: Any) -> SocketUser | None:
        return user

    feed = SignalFeed(off_loop, every_s=0.01)
    return WatchSocket(feed, authenticate=authenticate, first=feed.first)


async def test_a_page_is_told_at_once_and_then_of_changes_only(monkeypatch: Any) -> None:
    scan = {"type": "scan", "index": "NIFTY", "data": {"analysis": {"confidence": 50}}}
    signal = {"type": "signal", "index": "NIFTY", "signal": {"trade_code": "NIFTY-1", "outcome": "OPEN"}}
    over = {**signal, "signal": {"trade_code": "NIFTY-1", "outcome": "SL"}}
    line = Line()
    served = asyncio.ensure_future(
        socket(monkeypatch, [[scan, signal], [scan, signal], [over]])(SCOPE, line.receive, line.send)
    )
    assert [await line.said() for _ in range(5)] == [
        {"type": "websocket.accept"}, {"type": "signals", "indices": {}}, scan, signal, over,
    ]  # fmt: skip
    line.incoming.put_nowait({"type": "websocket.disconnect"})
    await asyncio.wait_for(served, 5)
    assert line.sent.empty()


@pytest.mark.parametrize("said", [{"text": "{not json"}, {"text": '{"action":"subscribe"}'}, {"bytes": b"\xff"}])
async def test_who_speaks_to_it_is_told_that_it_only_speaks(monkeypatch: Any, said: dict[str, Any]) -> None:
    line = Line()
    served = asyncio.ensure_future(socket(monkeypatch, [])(SCOPE, line.receive, line.send))
    assert [(await line.said())["type"] for _ in range(2)] == ["websocket.accept", "signals"]
    line.incoming.put_nowait({"type": "websocket.receive", **said})
    assert await line.said() == {"type": "error", "code": "INVALID_REQUEST", "detail": "This stream only speaks."}
    line.incoming.put_nowait({"type": "websocket.disconnect"})
    await asyncio.wait_for(served, 5)


async def test_who_is_refused(monkeypatch: Any) -> None:
    foreign = {"headers": [(b"host", b"localhost"), (b"origin", b"https://evil.example")]}
    for user, scope, code in ((None, SCOPE, 4401), (SocketUser(7), foreign, 4403)):
        line = Line()
        await socket(monkeypatch, [], user)(scope, line.receive, line.send)
        await line.said()
        assert await line.said() == {"type": "websocket.close", "code": code}
