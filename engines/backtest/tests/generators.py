"""Random panels and compiled strategies, from a seed: gaps, halts, splits of liquidity, locked days, delistings."""

from collections.abc import Sequence

import numpy as np

from engines.backtest.baselines import bare_strategy
from engines.backtest.config import RunConfig
from engines.charges.tables import ChargePlan
from engines.panel import PricePanel
from engines.strategy import program as code
from engines.strategy.program import AddonRule, Candidates, CompiledStrategy, ExitRule, Limits, Program, Sizing

NAN = float("nan")


def random_panel(seed: int, *, days: int = 90, symbols: int = 8, start: str = "2024-06-03") -> PricePanel:
    """A wild market on a 0.05 grid: 2 % missing bars, halts, zero volumes, circuit days, one early death."""
    rng = np.random.default_rng(seed)
    close = 200.0 * np.exp(np.cumsum(0.03 * rng.standard_t(4, (days, symbols)), axis=0))
    open_ = np.vstack([close[:1], close[:-1]]) * np.exp(0.01 * rng.standard_normal((days, symbols)))
    high = np.maximum(open_, close) * (1.0 + 0.01 * rng.random((days, symbols)))
    low = np.minimum(open_, close) * (1.0 - 0.01 * rng.random((days, symbols)))
    prices = [np.maximum(np.round(column * 20.0), 1.0) / 20.0 for column in (open_, high, low, close)]
    locked = rng.random((days, symbols)) < 0.04
    for column in prices:
        column[locked] = prices[3][locked]
    volume = np.floor(rng.lognormal(10.0, 1.0, (days, symbols)))
    volume[rng.random((days, symbols)) < 0.03] = 0.0
    missing = rng.random((days, symbols)) < 0.02
    halted = int(rng.integers(0, symbols))
    missing[days // 3 : days // 3 + int(rng.integers(5, 30)), halted] = True
    missing[int(rng.integers(days // 2, days)) :, int(rng.integers(0, symbols))] = True
    for column in prices:
        column[missing] = NAN
    volume[missing] = 0.0
    return PricePanel(
        dates=np.busday_offset(start, np.arange(days), roll="forward").astype("datetime64[D]"),
        symbols=tuple(f"S{number:02d}" for number in range(symbols)),
        sectors=tuple(f"sector {number}" for number in rng.integers(0, 3, symbols)),
        open=prices[0],
        high=prices[1],
        low=prices[2],
        close=prices[3],
        volume=volume,
        factor=np.where(np.arange(days)[:, None] < days // 2, 0.5, 1.0) * np.ones(symbols),
        member=np.ones((days, symbols), bool),
        source="test",
        version="1",
    )


def program_of(ops: Sequence[tuple[int, int]], constants: Sequence[float] = ()) -> Program:
    """Postfix code of (operation, argument) pairs."""
    names, args = zip(*ops, strict=True)
    return Program(np.array(names, np.int16), np.array(args, np.int64), np.array(constants, float), code.MAX_DEPTH)


def random_program(rng: np.random.Generator) -> Program:
    """A condition over a flag, a value and position fields, sometimes of the bar before, true now and then."""
    compare = int(rng.integers(code.GT, code.LE + 1))
    field = [(code.PREVIOUS if rng.random() < 0.3 else code.FIELD, int(rng.integers(0, 8)))]
    scale = [(code.CONST, 0), (int(rng.choice([code.ADD, code.SUB, code.MUL, code.DIV, code.MIN, code.MAX])), 0)]
    left = [*field, *(scale if rng.random() < 0.5 else []), *([(code.ABS, 0)] if rng.random() < 0.3 else [])]
    right = [(code.CONST, 1)] if rng.random() < 0.6 else [(code.VALUE, int(rng.integers(0, 2)))]
    terms = [*left, *right, (compare, 0)]
    if rng.random() < 0.3:
        terms = [*left, (code.CONST, 2), (code.CONST, 3), (code.BETWEEN, 0)]
    if rng.random() < 0.2:
        terms.append((code.NOT, 0))
    joint = code.AND if rng.random() < 0.8 else code.OR
    terms += [(code.FLAG, int(rng.integers(0, 2))), (joint, 0)]
    return program_of(terms, [float(rng.integers(-2, 3)), float(rng.integers(-5, 12)), 0.0, float(rng.integers(1, 9))])


def candidates_of(entry: np.ndarray, rng: np.random.Generator, *, is_sized: bool = False) -> Candidates:
    """Candidates where ``entry`` (T, N) is true, in random order of each day."""
    days, symbols = np.nonzero(entry)
    score = rng.random(len(days)) * 100.0
    order = np.lexsort((-score, days))
    start = np.searchsorted(days, np.arange(len(entry) + 1)).astype(np.int64)
    factor = rng.uniform(0.3, 1.0, len(days)) if is_sized else np.ones(len(days))
    rank = np.arange(len(days)) - start[days[order]] + 1
    return Candidates(start, symbols[order].astype(np.int64), score[order], rank.astype(np.int64), factor)


def _maybe(rng: np.random.Generator, value: float, chance: float = 0.5) -> float:
    return value if rng.random() < chance else NAN


def _random_limits(rng: np.random.Generator) -> Limits:
    return Limits(
        min_hold=int(rng.integers(0, 6)),
        max_hold=int(rng.choice([0, 1, 3, 10])),
        stop_loss_pct=_maybe(rng, float(rng.uniform(1.0, 8.0))),
        take_profit_pct=_maybe(rng, float(rng.uniform(1.0, 12.0))),
        atr_stop_mult=_maybe(rng, float(rng.uniform(0.5, 3.0))),
        trail_atr_mult=_maybe(rng, float(rng.uniform(0.5, 3.0))),
        target_r=_maybe(rng, float(rng.uniform(0.5, 3.0)), 0.3),
    )


def _truths(rng: np.random.Generator, panel: PricePanel) -> np.ndarray:
    truth = rng.choice([0, 1, 2], (2, *panel.shape), p=[0.6, 0.1, 0.3]).astype(np.int8)
    return np.where(panel.has_bar, truth, np.int8(1)).astype(np.int8)


def random_strategy(seed: int, panel: PricePanel) -> CompiledStrategy:
    """A strategy whose entries, flags and values are random and whose exits read the position."""
    rng = np.random.default_rng(seed)
    shape = panel.shape
    noise = rng.normal(3.0, 5.0, (2, *shape))
    noise[rng.random(noise.shape) < 0.1] = NAN
    atr = np.where(panel.has_bar, panel.close * rng.uniform(0.01, 0.04, shape), NAN)
    atr[:5] = NAN
    mode = str(rng.choice(["pct_equity", "risk", "inverse_vol"]))
    addons = AddonRule(random_program(rng), int(rng.integers(1, 4)), float(rng.choice([25.0, 50.0, 100.0])))
    names = [f"rule {number}" for number in range(int(rng.integers(0, 4)))]
    return bare_strategy(
        shape,
        candidates_of((rng.random(shape) < 0.25) & panel.has_bar, rng, is_sized=mode == "inverse_vol"),
        rank_exit=rng.random(shape) < 0.03 if rng.random() < 0.3 else np.zeros((0, 0), bool),
        exits=tuple(
            ExitRule(name, at, bool(rng.random() < 0.3), random_program(rng), "close") for at, name in enumerate(names)
        ),
        addons=addons if rng.random() < 0.5 else None,
        flags=_truths(rng, panel),
        values=noise,
        atr14=atr,
        limits=_random_limits(rng),
        sizing=Sizing(mode, pct=_maybe_none(rng, 15.0), risk_pct=1.0 if mode == "risk" else None),
        max_per_sector=int(rng.integers(0, 3)) or None,
    )


def _maybe_none(rng: np.random.Generator, value: float) -> float | None:
    return value if rng.random() < 0.5 else None


def random_config(seed: int) -> RunConfig:
    """Small and large accounts, every kind of cost, full and partial credit of sales."""
    rng = np.random.default_rng(seed)
    flat = rng.choice([NAN, NAN, 0.0, 0.1])
    return RunConfig(
        capital=float(rng.choice([5e3, 1e5, 1e7])),
        position_size_pct=_maybe_none(rng, float(rng.uniform(5.0, 60.0))),
        max_positions=int(rng.integers(1, 6)),
        slippage_bps=float(rng.choice([0.0, 5.0, 30.0])),
        charges=ChargePlan(str(rng.choice(["zerodha", "icici", "none"]))),
        flat_pct=None if flat != flat else float(flat),
        same_day_sale_credit=float(rng.choice([0.0, 0.8, 1.0])),
        delist_after_sessions=int(rng.choice([5, 20])),
    )
