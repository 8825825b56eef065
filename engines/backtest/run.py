"""The entrance: a compiled strategy, a panel and a configuration in, a simulated account out."""

from collections import OrderedDict
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from engines.backtest import layout as at
from engines.backtest.config import Effective, RunConfig, effective
from engines.backtest.kernel import run_days
from engines.backtest.layout import Flags, Floats, Ints, Market, Rules, State
from engines.backtest.results import Addons, BacktestResult, OpenPositions, Skipped, Trades
from engines.charges.constants import ROW_WIDTH
from engines.charges.tables import era_rows
from engines.panel import PricePanel
from engines.strategy.program import FIELD, MAX_DEPTH, PREVIOUS, AddonRule, CompiledStrategy, Program

#: Part of a run's provenance: changes when the same inputs may give another result.
ENGINE_VERSION = "2"

_NO_RATES = np.zeros((1, 2, ROW_WIDTH), np.int64)
_POSITION_OPS = (FIELD, PREVIOUS)
_NO_CODE = Program(np.zeros(0, np.int16), np.zeros(0, np.int64), np.zeros(0), 0)


def simulate(
    panel: PricePanel,
    strategy: CompiledStrategy,
    config: RunConfig,
    *,
    first: int = 0,
    last: int | None = None,
) -> BacktestResult:
    """Simulate from the close of panel row ``first`` to that of ``last`` (default: the final one), both included.

    The strategy must be compiled on this panel; bars before ``first`` serve as warm-up only. ValueError names a
    mismatch. The same inputs give the same bytes.
    """
    symbols = panel.shape[1]
    last = len(panel.dates) - 1 if last is None else last
    check_run(panel, strategy, first, last)
    caps = effective(strategy, config)
    market, rules = market_of(panel, config), rules_of(strategy)
    state = new_state(rules, config, caps, symbols, int(market.sector.max(initial=0)) + 1, strategy.addons)
    equity, cash = np.empty(last - first + 1), np.empty(last - first + 1)
    run_days(market, rules, numbers_of(strategy, config, caps), state, first, last, equity, cash)
    names = tuple(rule.name for rule in strategy.exits)
    return _result(panel, config, caps, state, names, equity, cash, first, last)


def check_run(panel: PricePanel, strategy: CompiledStrategy, first: int, last: int) -> None:
    """Refuse a strategy of another panel and days outside of it."""
    if strategy.shape != panel.shape:
        raise ValueError(f"the strategy is compiled for {strategy.shape} days and symbols, the panel has {panel.shape}")
    if not 0 <= first <= last < len(panel.dates):
        raise ValueError(f"days {first} to {last} are not within the panel's {len(panel.dates)} rows")


def _frozen(values: npt.NDArray[Any], kind: Any) -> npt.NDArray[Any]:
    """Return a read-only contiguous view: mapped files and fresh arrays have one compiled type then."""
    flags = values.flags
    if not flags.writeable and flags.c_contiguous and type(values) is np.ndarray and values.dtype == kind:
        return values
    view = np.ascontiguousarray(values, kind).view(np.ndarray)
    view.setflags(write=False)
    return view


@lru_cache(maxsize=32)
def _sector_numbers(sectors: tuple[str, ...]) -> Ints:
    numbers: dict[str, int] = {}
    return _frozen(np.array([numbers.setdefault(name, len(numbers)) for name in sectors], np.int64), np.int64)


def market_of(panel: PricePanel, config: RunConfig) -> Market:
    """Return what the kernel reads of the panel, with each day's charges."""
    sector = _sector_numbers(panel.sectors)
    if config.flat_pct is None:
        era, rates = era_rows(config.charges, panel.dates)
    else:
        era, rates = np.zeros(len(panel.dates), np.int64), _NO_RATES
    prices = (panel.open, panel.high, panel.low, panel.close, panel.volume)
    columns = (_frozen(column, np.float64) for column in prices)
    return Market(*columns, sector, _frozen(era, np.int64), _frozen(rates, np.int64))


class _Programs(NamedTuple):
    """Exit programs end to end, the add-on's after them: the first fields of `Rules`."""

    ops: npt.NDArray[np.int16]
    args: Ints
    constants: Floats
    bounds: Ints
    ignore_min_hold: Flags


#: Programs joined before, by the identity of the rules they were joined of (which are kept with them).
_joined: OrderedDict[tuple[int, int], tuple[Any, Any, _Programs]] = OrderedDict()
_JOINED_MOST = 64


def _programs_of(strategy: CompiledStrategy) -> _Programs:
    """Return the strategy's programs joined: compiled again over other days, a strategy has the same ones."""
    key = id(strategy.exits), id(strategy.addons)
    known = _joined.get(key)
    if known is None or known[0] is not strategy.exits or known[1] is not strategy.addons:
        known = _joined[key] = strategy.exits, strategy.addons, _joined_programs(strategy)
        while len(_joined) > _JOINED_MOST:
            _joined.popitem(last=False)
    return known[2]


def _joined_programs(strategy: CompiledStrategy) -> _Programs:
    codes = [rule.code for rule in strategy.exits]
    codes.append(strategy.addons.code if strategy.addons else _NO_CODE)
    args, offset = [], 0
    for code in codes:
        args.append(np.where(code.ops == 0, code.args + offset, code.args))
        offset += len(code.constants)
    return _Programs(
        ops=_frozen(np.concatenate([code.ops for code in codes]), np.int16),
        args=_frozen(np.concatenate(args), np.int64),
        constants=_frozen(np.concatenate([code.constants for code in codes]), np.float64),
        bounds=_frozen(np.cumsum([0, *(len(code.ops) for code in codes)]), np.int64),
        ignore_min_hold=_frozen(np.array([rule.ignore_min_hold for rule in strategy.exits], np.bool_), np.bool_),
    )


def rules_of(strategy: CompiledStrategy) -> Rules:
    """Return the strategy as the kernel reads it."""
    candidates = strategy.candidates
    return Rules(
        *_programs_of(strategy),
        flags=_frozen(strategy.flags, np.int8),
        values=_frozen(strategy.values, np.float64),
        rank_exit=_frozen(strategy.rank_exit, np.bool_),
        atr14=_frozen(strategy.atr14, np.float64),
        start=_frozen(candidates.start, np.int64),
        symbol=_frozen(candidates.symbol, np.int64),
        conviction=_frozen(candidates.conviction, np.float64),
        rank=_frozen(candidates.rank, np.int64),
        size_factor=_frozen(candidates.size_factor, np.float64),
    )


def numbers_of(strategy: CompiledStrategy, config: RunConfig, caps: Effective) -> Floats:
    """Return the (NUMBERS,) limits, caps and rates; percentages become shares."""
    limits, addons = strategy.limits, strategy.addons
    out = np.empty(at.NUMBERS)
    out[at.SIZE] = caps.position_size_pct / 100.0
    out[at.MAX_POSITIONS], out[at.MAX_PER_SECTOR] = caps.max_positions, caps.max_per_sector
    out[at.SLIPPAGE] = config.slippage_bps / 1e4
    out[at.FLAT_FEE] = -1.0 if config.flat_pct is None else config.flat_pct / 100.0
    out[at.SALE_CREDIT] = config.same_day_sale_credit
    out[at.MIN_HOLD], out[at.MAX_HOLD] = limits.min_hold, limits.max_hold
    out[at.STOP_LOSS], out[at.TAKE_PROFIT] = limits.stop_loss_pct / 100.0, limits.take_profit_pct / 100.0
    out[at.ATR_STOP], out[at.TRAIL], out[at.TARGET_R] = limits.atr_stop_mult, limits.trail_atr_mult, limits.target_r
    is_by_risk = strategy.sizing.mode == "risk" and strategy.sizing.risk_pct is not None
    out[at.RISK] = (strategy.sizing.risk_pct or 0.0) / 100.0 if is_by_risk else np.nan
    out[at.ADDON_MAX] = addons.max_addons if addons else 0.0
    out[at.ADDON_SIZE] = addons.size_pct / 100.0 if addons else 0.0
    codes = [*(rule.code for rule in strategy.exits), *([addons.code] if addons else [])]
    out[at.READS_FIELDS] = any(op in _POSITION_OPS for code in codes for op in code.ops.tolist())
    out[at.DELIST_AFTER], out[at.DELIST_HAIRCUT] = config.delist_after_sessions, config.delist_haircut_pct / 100.0
    return out


def new_state(
    rules: Rules, config: RunConfig, caps: Effective, symbols: int, sectors: int, addons: AddonRule | None = None
) -> State:
    """Return an account that has its capital in cash and nothing else. With ``addons`` each one bought is kept."""
    # Every trade needs a candidate of its own, and a day opens at most `max_positions`; untouched pages cost nothing.
    places = (len(rules.start) - 1) * min(caps.max_positions, symbols)
    most = min(len(rules.symbol), places)
    # An open position takes at most one add-on a day.
    most_added = min(most * addons.max_addons, places) if addons else 0
    sums = np.zeros(at.SUMS)
    sums[at.CASH] = sums[at.EQUITY] = config.capital
    return State(
        book=np.zeros((symbols, at.BOOK_WIDTH)),
        held=np.zeros(symbols, np.int64),
        sold_on=np.full(symbols, -1, np.int64),
        sector_count=np.zeros(sectors, np.int64),
        counters=np.zeros(at.COUNTERS, np.int64),
        sums=sums,
        costs=np.zeros(len(at.COST_KINDS)),
        skips=np.zeros(len(at.SKIP_NAMES), np.int64),
        examples=np.zeros((len(at.SKIP_NAMES), at.EXAMPLES, 2), np.int64),
        trades=np.empty((most, at.TRADE_WIDTH)),
        added=np.empty((most_added, len(at.ADDED_COLUMNS))),
        stack=np.empty(MAX_DEPTH),
    )


_WHOLE_COLUMNS = (
    "symbol", "entry_day", "exit_day", "exit_signal_day", "reason", "quantity", "bars_held", "rank", "addons",
    "stuck_days",
)  # fmt: skip
_WHOLE = [at.TRADE_COLUMNS.index(name) for name in _WHOLE_COLUMNS]

_WHOLE_OPEN = [at.ENTRY_DAY, at.QUANTITY, at.BARS, at.STUCK]


def _trades(panel: PricePanel, state: State) -> Trades:
    table = state.trades[: state.counters[at.TRADES]].T.copy()
    columns = dict(zip(at.TRADE_COLUMNS, table, strict=True))
    columns.update(zip(_WHOLE_COLUMNS, table[_WHOLE].astype(np.int64), strict=True))
    symbol = columns["symbol"]
    return Trades(
        **columns,
        entry_factor=panel.factor[columns["entry_day"], symbol],
        exit_factor=panel.factor[columns["exit_day"], symbol],
    )


def _open(state: State) -> OpenPositions:
    symbol = state.held[: state.counters[at.HELD]].copy()
    book = state.book[symbol].T
    entry_day, quantity, bars, stuck = book[_WHOLE_OPEN].astype(np.int64)
    return OpenPositions(
        symbol=symbol,
        entry_day=entry_day,
        quantity=quantity,
        entry_price=book[at.COST] / book[at.QUANTITY],
        last_price=book[at.LAST_CLOSE].copy(),
        charges=book[at.CHARGES].copy(),
        bars_held=bars,
        conviction=book[at.CONVICTION].copy(),
        stuck_days=stuck,
    )


def _added(state: State) -> Addons:
    day, symbol, quantity, price = state.added[: state.counters[at.ADDED]].T
    return Addons(day.astype(np.int64), symbol.astype(np.int64), quantity.astype(np.int64), price.copy())


def _result(
    panel: PricePanel,
    config: RunConfig,
    caps: Effective,
    state: State,
    rule_names: tuple[str, ...],
    equity: Floats,
    cash: Floats,
    first: int,
    last: int,
) -> BacktestResult:
    costs = {kind: paise / 100.0 for kind, paise in zip(at.COST_KINDS, state.costs.tolist(), strict=True)}
    return BacktestResult(
        first=first,
        last=last,
        capital=config.capital,
        equity=equity,
        cash=cash,
        trades=_trades(panel, state),
        open=_open(state),
        addons=_added(state),
        skipped=Skipped(at.SKIP_NAMES, state.skips, state.examples[:, :, 0], state.examples[:, :, 1]),
        costs=costs,
        bought=float(state.sums[at.BOUGHT]),
        sold=float(state.sums[at.SOLD]),
        stuck_days=int(state.counters[at.STUCK_DAYS]),
        caps=caps,
        rule_names=rule_names,
    )
