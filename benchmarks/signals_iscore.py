"""The I-Score's part of P14: 500 stocks from a warm panel, scores and every answer with its words.

The peer is what a pandas user writes for the price-based inputs alone (momentum, averages, RSI, ADX, volatility, beta,
liquidity, tail loss, ranks) over the same columns, on the same machine in alternating rounds. It has no figures, news
or attention, no coverage, no words. Its momentum and volatility must agree with ours.
"""

import statistics
import time
from itertools import pairwise
from typing import Any

import numpy as np

SCORE_S = 1.0
ROUNDS = 7
DAYS, SYMBOLS = 1_500, 500


def measure() -> tuple[dict[str, Any], dict[str, bool]]:
    """Return medians in milliseconds, and which bounds hold."""
    from engines.iscore.score import score_universe
    from engines.iscore.tests.support import made_inputs, made_panel

    inputs = made_inputs(made_panel(DAYS, SYMBOLS))

    def ours() -> Any:
        scores = score_universe(inputs)
        return scores, [scores.result(at) for at in range(SYMBOLS)]

    def engine() -> Any:
        return score_universe(inputs)

    def peer() -> Any:
        return pandas_peer(inputs)

    works = {"scores_and_answers_ms": ours, "scores_ms": engine, "pandas_peer_ms": peer}
    times: dict[str, list[float]] = {name: [] for name in works}
    results = {name: work() for name, work in works.items()}
    for _ in range(ROUNDS):
        for name, work in works.items():
            began = time.perf_counter()
            work()
            times[name].append((time.perf_counter() - began) * 1_000)
    found: dict[str, Any] = {name: round(statistics.median(values), 1) for name, values in times.items()}
    found["times_the_peer"] = round(found["pandas_peer_ms"] / found["scores_ms"], 1)
    whole = ~np.isnan(inputs.panel.close[-280:]).any(axis=0)
    agree = _agree(results["scores_ms"], results["pandas_peer_ms"], whole)
    kept = {
        f"I-Score of {SYMBOLS} stocks <= {SCORE_S:g} s": found["scores_and_answers_ms"] <= SCORE_S * 1_000,
        "I-Score not slower than the price part by pandas": found["times_the_peer"] >= 1.0,
        "I-Score and pandas agree on momentum and volatility": agree,
    }
    return found, kept


def pandas_peer(inputs: Any) -> dict[str, Any]:
    """The price-based inputs and their ranks, column by column as frames."""
    import pandas as pd

    panel = inputs.panel
    names = ("high", "low", "close", "volume")
    high, low, close, volume = (pd.DataFrame(getattr(panel, name)[-840:]) for name in names)
    returns = np.log(close / close.shift())
    sigma = returns.rolling(252).std(ddof=0).iloc[-1] * np.sqrt(252)
    momentum = (close.iloc[-22] / close.iloc[-274] - 1) / sigma
    half = (close.iloc[-22] / close.iloc[-148] - 1) / sigma
    averages = [close.ewm(span=n, adjust=False).mean() for n in (20, 50, 200)]
    change = close.diff()
    gain, loss = (part.ewm(alpha=1 / 14).mean() for part in (change.clip(lower=0), -change.clip(upper=0)))
    rsi = (100 - 100 / (1 + gain / loss)).iloc[-1]
    span = np.maximum(high, close.shift()) - np.minimum(low, close.shift())
    up, down = high.diff(), -low.diff()
    atr = span.ewm(alpha=1 / 14).mean()
    plus = up.where((up > down) & (up > 0), 0.0).ewm(alpha=1 / 14).mean() / atr
    minus = down.where((down > up) & (down > 0), 0.0).ewm(alpha=1 / 14).mean() / atr
    adx = ((plus - minus).abs() / (plus + minus)).ewm(alpha=1 / 14).mean().iloc[-1]
    nearness = close.iloc[-1] / high.rolling(252).max().iloc[-1]
    market = pd.Series(inputs.index[-840:]).pct_change()
    simple = close.pct_change(fill_method=None)
    beta = simple.rolling(252).cov(market).iloc[-1] / market.rolling(252).var().iloc[-1]
    value = (close * volume).rolling(20).median().iloc[-1]
    tail = simple.iloc[-252:].apply(lambda column: column.nsmallest(13).mean())
    stack = sum((a.iloc[-1] > b.iloc[-1]).astype(float) for a, b in pairwise(averages))
    ranks = [one.rank(pct=True) for one in (momentum, half, sigma, value, tail)]
    return {"momentum": momentum, "sigma": sigma, "rest": (rsi, adx, nearness, beta, stack, ranks)}


def _agree(scores: Any, peer: dict[str, Any], whole: Any) -> bool:
    """Compare stocks without missing bars: with them the frames count days, the engine the stock's own bars."""
    subs = {one.name: one.value for name in ("trend", "risk") for one in scores.subs[name]}
    for ours, theirs in ((subs["mom_12_1"], peer["momentum"]), (subs["volatility"], peer["sigma"])):
        if whole.sum() < 20 or not np.allclose(ours[whole], theirs.to_numpy()[whole], rtol=1e-9):
            return False
    return True
