"""Sentences, word for word."""

from typing import Any

import pytest

from engines.strategy.parse import parse_strategy
from engines.strategy.sentence import sentences
from engines.strategy.templates import TEMPLATES, template_strategies
from engines.strategy.tests.malformed import compare, good, ind, lit


def entry(condition: dict[str, Any]) -> str:
    return sentences(parse_strategy({"name": "x", "entry_rules": condition}).strategy).entry


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (compare(ind("rsi14"), "<", lit(45)), "RSI(14) below 45"),
        (compare(), "close above SMA(20)"),
        (compare(ind("sma50"), "crosses_above", ind("sma200")), "SMA(50) crosses above SMA(200)"),
        (compare(ind("close"), ">", ind("highest252", lag=1)), "close above highest high of 252 bars 1 bar ago"),
        (
            compare(ind("lowest20", params={"on": "close"}, lag=3), "<=", lit(9.5)),
            "lowest close of 20 bars 3 bars ago at most 9.5",
        ),
        (
            compare(ind("drawdown20"), "between", lit(5), hi=lit(15)),
            "fall from the 20-bar high between 5 % and 15 %",
        ),
        (compare(ind("close", of="index"), ">", ind("sma200", of="index")), "index close above index SMA(200)"),
        (compare(ind("value"), ">=", lit(50_000_000)), "traded value at least 50,000,000"),
        (compare(ind("macd"), ">", ind("macd_signal")), "MACD(12, 26, 9) above MACD signal(12, 26, 9)"),
        (compare({"type": "random"}, "<", lit(0.05)), "a random number from 0 to 1 below 0.05"),
        (
            compare({"type": "math", "fn": "sub", "args": [ind("roc63"), ind("roc63", of="index")]}, ">", lit(5)),
            "63-bar change − index 63-bar change above 5 %",
        ),
        (
            compare({"type": "rank", "of": ind("mom_12_1"), "among": "sector"}, ">=", lit(80)),
            "percentile in its sector of 12-1 month momentum at least 80",
        ),
        (
            {"type": "or", "conditions": [compare(), {"type": "and", "conditions": [compare(), compare(op="<")]}]},
            "close above SMA(20) or (close above SMA(20) and close below SMA(20))",
        ),
        ({"type": "not", "condition": compare()}, "not (close above SMA(20))"),
        ({"type": "sector_in", "sectors": ["IT", "Banks"]}, "sector is Banks or IT"),
        ({"type": "sector_in", "sectors": ["IT"], "not": True}, "sector is not IT"),
    ],
)
def test_conditions(condition: dict[str, Any], words: str) -> None:
    assert entry(condition) == f"Buy when {words}."


def test_a_whole_strategy() -> None:
    said = sentences(parse_strategy(good()).strategy)
    assert said.entry.startswith(
        "On the last session of the week: Buy when close above SMA(20) and RSI(14) below rsi_max (45)"
    )
    assert said.entry.endswith(", only while index close above index SMA(200).")
    assert said.selection == (
        "Of these hold the 10 with the highest 6-1 month momentum; sell what ranks below 20 or no longer passes."
    )
    assert said.exits == ("Sell (out) when gain above 0 %.", "Sell (low) when close below SMA(n = 20).")
    assert said.limits == (
        "Limits: stop 8 % below the entry; target 2 times the risk; sold after 30 bars; rules sell from 3 bars on; "
        "closes must pass their line by 0.5 % to sell."
    )
    assert said.addons == "Add 50 % of a position, at most 2 times, when close above SMA(20)."
    assert said.conviction == "Conviction: RSI(14) from 50 to 0."
    assert said.sizing == "Size: 1 % of equity at risk, at most 10 % of equity each."
    assert said.text.count(". ") >= 7


def test_the_dip_buyer() -> None:
    assert sentences(template_strategies()["v3_dip_buyer"]).text == (
        "Buy when close above SMA(200) and SMA(50) above SMA(200) and fall from the 20-bar high between dip_min (5) % "
        "and dip_max (15) % and RSI(14) below rsi_max (45) and close at least lowest low of 20 bars 1 bar ago and "
        "SMA(value, 20) at least min_value (50,000,000), only while index close above index SMA(200). "
        "Sell (recovered) when close above SMA(20) and gain above 0 %. Limits: stop stop (2.5) × ATR(14) below the "
        "entry; target 2 times the risk; sold after 20 bars. Conviction: 12-1 month momentum from -50 to 150. "
        "Size: 10 % of equity each."
    )


@pytest.mark.parametrize("key", TEMPLATES)
def test_every_template_has_a_text(key: str) -> None:
    text = sentences(template_strategies()[key]).text
    assert "Buy when" in text
    assert "  " not in text
    assert "None" not in text
