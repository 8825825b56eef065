"""The pages of F&O signals, the risk disclosure before them, and one signal over the API."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core import clock
from core.models import AuditEntry
from signals.models import FnoAcknowledgement, FnoReplayRun, FnoSignal
from signals.pages.fno_record import page_context
from signals.pages.fno_record_presenters import brier_words, coin_words
from signals.services import disclosure
from signals.services.fno.track_record import track_record
from signals.tests.fno_market import Market, at, first_signal, forget, only, scan_at, values_of

pytestmark = pytest.mark.django_db(transaction=True)
VERSION = disclosure.DISCLOSURES[-1].version


@pytest.fixture
def market() -> Iterator[Market]:
    with only() as found:
        yield found


def acknowledge(client: Any) -> Any:
    return client.post("/api/fno/risk-disclosure", {"version": VERSION}, content_type="application/json")


@pytest.mark.parametrize("path", ["/signals/", "/signals/record/"])
def test_the_first_visit_shows_the_disclosure(signed_in: Any, path: str) -> None:
    text = signed_in.get(path).content.decode()
    for point in (*disclosure.DISCLOSURES[-1].points, *disclosure.DISCLOSURES[-1].newer):
        assert point in text
    assert 'id="fno-start"' not in text
    assert acknowledge(signed_in).status_code == 200
    assert "I have read this" not in signed_in.get(path).content.decode()


def test_acknowledging_is_kept_once_with_an_entry(signed_in: Any) -> None:
    assert signed_in.get("/api/fno/risk-disclosure").json()["acknowledged_at"] is None
    first = acknowledge(signed_in).json()["acknowledged_at"]
    assert first
    assert acknowledge(signed_in).json()["acknowledged_at"] == first
    assert FnoAcknowledgement.objects.count() == 1
    entry = AuditEntry.objects.get(action="fno.risk_acknowledged")
    assert entry.data == {"version": VERSION}


def test_another_text_is_not_acknowledged(signed_in: Any) -> None:
    answer = signed_in.post("/api/fno/risk-disclosure", {"version": "2001-01"}, content_type="application/json")
    assert answer.status_code == 409
    assert not FnoAcknowledgement.objects.exists()
    assert signed_in.post("/api/fno/risk-disclosure", {}, content_type="application/json").status_code == 422


def test_a_brier_score_is_judged_from_thirty_signals_on() -> None:
    def said(n: int, score: float | None) -> str:
        return brier_words({"brier": score, "brier_of_base_rate": None if score is None else 0.24, "n": n})

    assert said(0, None) == ""
    assert said(1, 0.36) == "Of one signal a Brier score says nothing yet: it is judged from 30 on (0.360 so far)."
    assert said(29, 0.1).startswith("Of 29 signals a Brier score says nothing yet")
    assert "of 30 signals; always saying the mean would have scored 0.240, so this is worse than that" in said(30, 0.36)
    assert "better than that" in said(31, 0.2)


def test_strangers_see_nothing(client: Any) -> None:
    assert client.get("/signals/").status_code == 302
    assert client.get("/signals/record/").status_code == 302
    assert client.get("/api/fno/risk-disclosure").status_code == 401
    assert client.get("/api/fno/signals/NIFTY-2026-11-27-001").status_code == 401


def test_the_page_brings_the_newest_answers(market: Market, signed_in: Any) -> None:
    acknowledge(signed_in)
    scan_at(at(501))
    with clock.frozen(at(501)):
        answer = signed_in.get("/signals/?index=sensex")
    assert answer.context["index"] == "SENSEX"
    assert set(answer.context["start"]["answers"]) == {"NIFTY"}
    assert answer.context["start"]["answers"]["NIFTY"]["signal"] is None
    assert signed_in.get("/signals/?index=dax").context["index"] == "NIFTY"


def test_a_signal_by_its_code(market: Market, signed_in: Any) -> None:
    signal, _ = first_signal()
    found = signed_in.get(f"/api/fno/signals/{signal.trade_code.lower()}").json()
    assert found["trade_code"] == signal.trade_code
    assert found["features"]["direction"] == signal.features["direction"]
    assert set(found["features"]) == {"direction", "strength", "filters"}
    assert found["label"] is None
    assert signed_in.get("/api/fno/signals/NIFTY-2026-11-27-999").status_code == 404


def test_the_record_page_says_what_the_rows_say(market: Market, signed_in: Any) -> None:
    acknowledge(signed_in)
    signal, _ = first_signal()
    values = values_of(signal)
    forget()
    results = [("TARGET", 145, 1_556.32), ("SL", 105, -1_038.58), ("TIME_EXIT", 123, 130.0), ("SL", 100, -1_365.0)]
    for number, (outcome, price, net) in enumerate(results, start=1):
        FnoSignal.objects.create(
            **values | {
                "trade_code": f"NIFTY-2026-11-27-{number:03d}", "number": number, "slot": number, "status": "CLOSED",
                "outcome": outcome, "entry_price": 120, "sl": 105, "target": 145, "lot_size": 65, "tier": "REGULAR",
                "confidence": 60 + number, "exit_price": price, "r_multiple": (price - 120) / 15,
                "net_per_lot": Decimal(str(net)), "closed_at": at(600 + number), "label": int(outcome == "TARGET"),
                "labelled_at": at(600), "calibrated": False,
            }
        )  # fmt: skip
    with clock.frozen(at(700)):
        context = page_context({"index": "nifty", "outcome": "SL"}, now=at(700))
        text = signed_in.get("/signals/record/?index=NIFTY").content.decode()
    said = {one.key: one.figure.text for one in context["metrics"]}
    assert said["n"] == "4"
    assert said["hit"] == "25.0%"
    assert said["win"] == "50.0%"
    assert said["mean"] == "−0.117 R"
    assert said["total"] == "−0.47 R"
    assert [row.code[-3:] for row in context["rows"]] == ["004", "002"]
    assert [one["r"] for one in context["course"]] == [round((price - 120) / 15, 4) for _, price, _ in results]
    assert [one["net_r"] for one in context["course"]] == [round(net / 975, 4) for *_, net in results]
    coin = context["coin"]
    assert (coin[0]["share"], coin[0]["coin"], coin[0]["verdict"]) == ("25.0%", "50.0%", "No different from a coin")
    assert (coin[1]["share"], coin[1]["coin"]) == ("33.3%", "37.5%")
    assert "4 of 50" in text
    assert "Forward only" in text


def test_an_empty_record_claims_nothing() -> None:
    found = track_record(None, now=at(1))
    assert [row["verdict"] for row in coin_words(found, [])] == ["Not known yet", "Not known yet"]
    assert brier_words(found["calibration"]) == ""
    context = page_context({"days": "13", "index": "DAX", "outcome": "WON"}, now=at(1))
    assert context["index"] == ""
    assert [one["value"] for one in context["choices"]["days"] if one["current"]] == ["30"]
    assert all(one.figure.text in {"0", "–"} for one in context["metrics"])


def test_a_replay_stands_apart(signed_in: Any) -> None:
    acknowledge(signed_in)
    assert 'id="replay"' not in signed_in.get("/signals/record/").content.decode()
    share = {"value": 0.48, "lower": 0.42, "upper": 0.54, "n": 300}
    interval = {"value": -0.04, "lower": -0.147, "upper": 0.069}
    group = {"n": 312, "base_rate": share, "target_rate": share, "r": interval, "net_r": interval}
    FnoReplayRun.objects.create(
        key="k", profile="index_only", indices=["NIFTY"], first_day=date(2024, 1, 1), last_day=date(2024, 6, 28),
        data={}, result={"overall": group, "shown": group, "verdict": "No edge found."}, engine_version="mvla/1.0",
        params_hash="0" * 16, computed_at=at(1),
    )  # fmt: skip
    text = signed_in.get("/signals/record/").content.decode()
    assert "Replay of history: not the record" in text
    assert "No edge found." in text
    assert "−0.147 to +0.069" in text
    assert "0 signals, 0 of them live." in text  # the record counts none of them
    assert not FnoSignal.objects.exists()
