"""P0, P1, P2, P9: the dip buyer of the measuring stick in the rule language, beside plain Python and vectorbt.

    BENCH_DIR=<the measuring stick> BENCH_PEER_PYTHON=.venv-bench/bin/python \\
        .venv/bin/python benchmarks/bench_backtest.py [--data DIR] [--rounds 15] [--only p0,p1,p2,p9]

BENCH_DIR holds make_data.py, reference_backtest.py and peer_vectorbt.py. The peer runs in an environment of its own
(benchmarks/requirements.txt) as a child that answers one run at a time. Rounds alternate: each side repeats its run for
a tenth of a second, at least three times, and gives its median; medians of rounds are compared, one thread each. Ours
is the whole of it: compiling the strategy over the panel (indicator cache empty or filled), simulating and measuring;
the peer's whole is its indicators, simulation, value, trades and three figures. Bounds are against that whole; beside
it stands the peer with its indicators given. P9: 1,000 parameter sets in two threads against the peer's loop, of which
a part is timed and scaled. Exits with 1 when a bound is broken.
"""

import argparse
import importlib.util
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

for _name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402 (after the number of threads is set)

ROOT = Path(__file__).resolve().parent.parent
BENCH = Path(os.environ.get("BENCH_DIR", ""))
BOUNDS = {"p1 empty": 20.0, "p1 filled": 40.0, "p2 empty": 5.0, "p2 filled": 10.0, "p9": 100.0}
ROUND_S = 0.1
CAPITAL, SETS, PEER_SETS, CHUNK = 1e7, 1_000, 40, 8
REASONS = {"signal": 0, "max_hold": 1, "stop_loss": 2, "stop_loss_gap": 3}


# --- the strategy in the rule language ---------------------------------------------------------------------------


def body() -> dict[str, Any]:
    """The dip buyer: below the fast average by a dip, above the slow one, oversold; weakest first."""

    def indicator(name: str, **params: Any) -> dict[str, Any]:
        return {"type": "indicator", "name": name, **({"params": params} if params else {})}

    def parameter(name: str) -> dict[str, Any]:
        return {"type": "param", "name": name}

    def compare(left: Any, op: str, right: Any) -> dict[str, Any]:
        return {"type": "compare", "left": left, "op": op, "right": right}

    fast = indicator("sma", n=parameter("fast"))
    discount = {"type": "math", "fn": "sub", "args": [{"type": "literal", "value": 1}, parameter("dip")]}
    dip = compare(indicator("close"), "<", {"type": "math", "fn": "mul", "args": [fast, discount]})
    trend = compare(indicator("close"), ">", indicator("sma200"))
    oversold = compare(indicator("rsi14"), "<", parameter("rsi_max"))
    return {
        "name": "Bench dip buyer",
        "params": {"fast": 20, "dip": 0.05, "rsi_max": 35, "stop": 10, "hold": 20},
        "entry_rules": {"type": "and", "conditions": [dip, trend, oversold]},
        "exit_rules": [{"name": "signal", "condition": compare(indicator("close"), ">", fast)}],
        "conviction_scoring": [{"name": "weakness", "weight": 1, "value": indicator("rsi14"), "from": 100, "to": 0}],
        "config": {"stop_loss_pct": parameter("stop"), "max_hold": parameter("hold")},
    }


def parameter_sets() -> list[dict[str, float]]:
    """The grid of 1,000 sets around the strategy's own."""
    grid = itertools.product(
        (10, 15, 20, 30, 50), (0.03, 0.04, 0.05, 0.06, 0.08), (25.0, 30.0, 35.0, 40.0, 45.0), (5, 8, 10, 15), (10, 20)
    )
    return [dict(zip(("fast", "dip", "rsi_max", "stop", "hold"), numbers, strict=True)) for numbers in grid]


class Ours:
    """One price set and the strategy over it."""

    def __init__(self, folder: Path, name: str) -> None:
        from engines.backtest.config import RunConfig
        from engines.panel import PricePanel
        from engines.strategy.cache import IndicatorCache
        from engines.strategy.data import MarketData
        from engines.strategy.parse import parse_strategy

        with np.load(folder / f"{name}.npz") as stored:
            columns = {key: stored[key] for key in stored.files}
        shape = columns["close"].shape
        self.panel = PricePanel(
            dates=columns["dates"],
            symbols=tuple(columns["symbols"].tolist()),
            sectors=tuple(f"sector {number}" for number in columns["sector"].tolist()),
            **{key: columns[key] for key in ("open", "high", "low", "close", "volume")},
            factor=np.ones(shape),
            member=np.ones(shape, bool),
            source="bench",
            version=name,
        )
        self.data = MarketData(self.panel)
        self.strategy = parse_strategy(body()).strategy
        self.cache = IndicatorCache(max_bytes=2**30)
        self.new_cache: Callable[[], Any] = lambda: IndicatorCache(max_bytes=2**30)
        self.config = RunConfig(
            capital=CAPITAL,
            position_size_pct=10.0,
            max_positions=20,
            max_per_sector=2,
            slippage_bps=5.0,
            flat_pct=0.1,
        )

    def run(self, cache: Any, parameters: dict[str, float] | None = None) -> tuple[Any, Any]:
        """Compile, simulate, measure."""
        from engines.backtest.measure import measure
        from engines.backtest.run import simulate
        from engines.strategy.compile import compile_strategy

        compiled = compile_strategy(self.strategy, self.data, parameters=parameters, cache=cache)
        result = simulate(self.panel, compiled, self.config)
        return result, measure(result, self.panel.dates)

    def sweep(self, sets: list[dict[str, float]], threads: int) -> list[tuple[float, float, float]]:
        """Return total return, Sharpe ratio and drawdown of each set, nothing kept from before."""
        from engines.backtest.sweep import sweep
        from engines.strategy.compile import StrategyCompiler

        compiler = StrategyCompiler(self.strategy, self.data, cache=self.new_cache())
        table = sweep(self.panel, compiler.compile, sets, self.config, threads=threads)
        columns = (table.total_return, table.sharpe, table.max_drawdown)
        return list(zip(*(column.tolist() for column in columns), strict=True))


# --- the peer ----------------------------------------------------------------------------------------------------


def peer_space(folder: Path, name: str) -> dict[str, Any]:
    """Run the head of the peer's script, up to its own measuring, and return what it defines."""
    source = (BENCH / "peer_vectorbt.py").read_text()
    sys.argv = ["peer", name, "--data", str(folder)]
    # A module of its own, so that numba finds the functions again in its cache.
    module = sys.modules["peer_vectorbt"] = types.ModuleType("peer_vectorbt")
    module.__file__ = str(BENCH / "peer_vectorbt.py")
    exec(compile(source[: source.index("\nif not sweep:")], module.__file__, "exec"), vars(module))
    return vars(module)


def peer_sets(space: dict[str, Any], ready: list[Any], sets: list[dict[str, float]]) -> list[list[float]]:
    """Loop over parameter sets as the peer's script does; averages are kept from set to set."""
    vbt, op, lo = space["vbt"], space["O"].values, space["L"].values
    averages = space.setdefault("averages", {})
    found = []
    for p in sets:
        fast = int(p["fast"])
        if fast not in averages:
            averages[fast] = vbt.MA.run(space["C"], fast).ma.values
        arguments = (op, lo, averages[fast], ready[1].values, ready[2].values, space["sector"], 0.10, 20, 2)
        portfolio = vbt.Portfolio.from_order_func(
            space["C"], space["flex_nb"], op, lo, space["sector"], 0.10, 20, 2, 0.001, 0.0005, p["stop"] / 100.0,
            flexible=True, pre_group_func_nb=space["pre_group_nb"], pre_segment_func_nb=space["pre_segment_nb"],
            pre_segment_args=(*arguments, p["dip"], p["rsi_max"], int(p["hold"])), init_cash=CAPITAL,
            cash_sharing=True, group_by=True, freq="1D", max_orders=20_000,
        )  # fmt: skip
        figures = (portfolio.total_return(), portfolio.sharpe_ratio(), portfolio.max_drawdown())
        found.append([float(figure) for figure in figures])
    return found


def serve_peer(folder: Path, name: str) -> None:
    """Answer runs of the peer's own script, asked for on standard input (in the peer's environment)."""
    space = peer_space(folder, name)
    frame = lambda values: space["pd"].DataFrame(values.values, space["idx"], space["cols"])
    ready = [frame(values) for values in space["indicators"]()]

    def whole() -> None:
        space["results"](space["order_func"](*map(frame, space["indicators"]())))

    def given() -> None:
        space["results"](space["order_func"](*ready))

    tasks: dict[str, Callable[[Any], Any]] = {
        "empty": lambda _: whole(),
        "filled": lambda _: given(),
        "sets": lambda sets: peer_sets(space, ready, sets),
        "trades": lambda _: closed_trades(space["order_func"](*ready)),
    }
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        started = time.perf_counter()
        answer = tasks[asked["task"]](asked.get("with"))
        print(json.dumps({"s": time.perf_counter() - started, "answer": answer}), flush=True)


def closed_trades(portfolio: Any) -> list[list[int]]:
    """Return (symbol, entry day, exit day, quantity) of the peer's closed trades."""
    rows = portfolio.exit_trades.records
    rows = rows[rows["status"] == 1]
    columns = zip(*(rows[key] for key in ("col", "entry_idx", "exit_idx", "size")), strict=True)
    return sorted([int(x) for x in row] for row in columns)


class Peer:
    """The peer's child process."""

    def __init__(self, folder: Path, name: str) -> None:
        python = os.environ.get("BENCH_PEER_PYTHON", str(ROOT / ".venv-bench/bin/python"))
        command = [python, __file__, "--peer", name, "--data", str(folder)]
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "peer-cache")}
        self.child = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            if line.startswith("{"):
                return dict(json.loads(line))
        raise SystemExit("the peer ended; is its environment installed from benchmarks/requirements.txt?")

    def ask(self, task: str, what: Any = None) -> dict[str, Any]:
        """Run a task and return its seconds and answer."""
        assert self.child.stdin is not None
        self.child.stdin.write(json.dumps({"task": task, "with": what}) + "\n")
        self.child.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End the child."""
        assert self.child.stdin is not None
        self.child.stdin.close()
        self.child.wait(20)


# --- what is measured --------------------------------------------------------------------------------------------


def load(name: str) -> Any:
    """Import a module of the measuring stick."""
    spec = importlib.util.spec_from_file_location(name, BENCH / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def prepare(folder: Path) -> None:
    """Make the price sets and the plain-Python results where they are missing."""
    maker, reference = load("make_data"), load("reference_backtest")
    for name, (symbols, days, seed) in maker.SETS.items():
        if not (folder / f"{name}.npz").exists():
            np.savez(folder / f"{name}.npz", **maker.make(symbols, days, seed))
        if not (folder / f"{name}_oracle.npz").exists():
            print(f"plain Python on {name} ...", flush=True)
            with np.load(folder / f"{name}.npz") as stored:
                lists = [stored[key].T.tolist() for key in ("open", "high", "low", "close")]
                trades, equity = reference.backtest(*lists, stored["sector"].tolist())
            np.savez(folder / f"{name}_oracle.npz", trades=np.array(trades, float), equity=np.array(equity))


def seconds(work: Callable[[], Any]) -> float:
    """Time one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def repeated(once: Callable[[], float]) -> float:
    """Return the median of at least three runs and of as many as fit into ROUND_S."""
    found: list[float] = []
    while len(found) < 3 or sum(found) < ROUND_S:
        found.append(once())
    return statistics.median(found)


def equal(folder: Path, name: str) -> bool:
    """P0: trades by symbol, days, quantity and reason, and equity within 1e-9."""
    ours = Ours(folder, name)
    result, _ = ours.run(ours.cache)
    oracle = np.load(folder / f"{name}_oracle.npz")
    rows, trades = oracle["trades"], result.trades
    columns = (trades.symbol, trades.entry_day, trades.exit_day, trades.quantity)
    found = list(zip(*(column.tolist() for column in columns), strict=True))
    reasons = [REASONS[result.reason_name(reason)] for reason in trades.reason.tolist()]
    same = found == [tuple(int(x) for x in row[:4]) for row in rows] and reasons == rows[:, 7].astype(int).tolist()
    difference = float(np.abs(result.equity / oracle["equity"] - 1.0).max())
    print(f"P0 {name}: {len(found)} trades, equal to plain Python: {same}, equity within {difference:.1e}")
    return same and difference <= 1e-9


def against_peer(folder: Path, name: str, promise: str, rounds: int) -> dict[str, float]:
    """P1, P2: alternating rounds of ours and the peer's, whole runs, one thread."""
    ours, peer = Ours(folder, name), Peer(folder, name)
    result, _ = ours.run(ours.cache)
    columns = (result.trades.symbol, result.trades.entry_day, result.trades.exit_day, result.trades.quantity)
    mine = sorted(list(row) for row in zip(*(column.tolist() for column in columns), strict=True))
    same = peer.ask("trades")["answer"] == mine
    for task in ("empty", "filled"):
        peer.ask(task)
    times: dict[str, list[float]] = {key: [] for key in ("ours empty", "ours filled", "peer empty", "peer filled")}
    work: dict[str, Callable[[], float]] = {
        "ours empty": lambda: seconds(lambda: ours.run(ours.new_cache())),
        "peer empty": lambda: float(peer.ask("empty")["s"]),
        "ours filled": lambda: seconds(lambda: ours.run(ours.cache)),
        "peer filled": lambda: float(peer.ask("filled")["s"]),
    }
    for _ in range(rounds):
        for key, once in work.items():
            times[key].append(repeated(once))
    peer.close()
    middle = {key: 1e3 * statistics.median(values) for key, values in times.items()}
    ratios = {f"{promise} {key}": middle["peer empty"] / middle[f"ours {key}"] for key in ("empty", "filled")}
    for key, ratio in ratios.items():
        own = middle[f"ours {key.split()[1]}"]
        print(
            f"{promise.upper()} {name}, indicator cache {key.split()[1]}: ours {own:.2f} ms, vectorbt "
            f"{middle['peer empty']:.1f} ms: {ratio:.1f}x (bound {BOUNDS[key]:g}x); with its indicators given "
            f"{middle['peer filled']:.1f} ms: {middle['peer filled'] / own:.1f}x"
        )
    print(f"   the peer's trades are the same: {same}")
    return ratios if same else dict.fromkeys(ratios, 0.0)


def sweep(folder: Path) -> dict[str, float]:
    """P9: 1,000 sets in two threads against the peer's loop over a part of them."""
    ours, peer = Ours(folder, "small"), Peer(folder, "small")
    sets = parameter_sets()
    assert len({tuple(one.values()) for one in sets}) == SETS
    sample = [sets[at] for at in np.random.default_rng(1).permutation(SETS)[:PEER_SETS]]
    ours.sweep(sets[:20], 2)
    peer.ask("sets", sets[:4])
    mine, looped, theirs = [], 0.0, []
    for start in range(0, PEER_SETS, CHUNK):
        mine.append(seconds(lambda: ours.sweep(sets, 2)))
        answer = peer.ask("sets", sample[start : start + CHUNK])
        looped += answer["s"]
        theirs += answer["answer"]
    peer.close()
    found = ours.sweep(sample, 2)
    same = all(abs(a[0] - b[0]) < 1e-6 and abs(a[2] - b[2]) < 1e-6 for a, b in zip(found, theirs, strict=True))
    own, other = statistics.median(mine), looped / PEER_SETS * SETS
    print(
        f"P9 {SETS} sets: ours {own:.2f} s in 2 threads, vectorbt {other:.0f} s (from {PEER_SETS} sets, "
        f"{other / SETS * 1e3:.0f} ms a set): {other / own:.0f}x (bound {BOUNDS['p9']:g}x); same results: {same}"
    )
    apart = [{**one, "dip": one["dip"] + 1e-6 * at} for at, one in enumerate(sets)]
    alone = statistics.median(seconds(lambda: ours.sweep(apart, 2)) for _ in range(3))
    print(f"   no two sets with the same entries (those 1,000 have 125): {alone:.2f} s, {other / alone:.0f}x")
    return {"p9": other / own if same else 0.0}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, help="where the price sets are kept between runs")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", default="p0,p1,p2,p9")
    parser.add_argument("--peer", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not (BENCH / "peer_vectorbt.py").is_file():
        raise SystemExit("BENCH_DIR must name the folder of make_data.py, reference_backtest.py and peer_vectorbt.py")
    if arguments.peer:
        serve_peer(arguments.data, arguments.peer)
        return 0
    from bench_import import verdict

    sys.path.insert(0, str(ROOT))
    wanted = set(arguments.only.split(","))
    ratios: dict[str, float] = {}
    is_equal = True
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.data or Path(scratch)
        prepare(folder)
        if "p0" in wanted:
            is_equal = all(equal(folder, name) for name in ("small", "large"))
        if "p1" in wanted:
            ratios |= against_peer(folder, "small", "p1", arguments.rounds)
        if "p2" in wanted:
            ratios |= against_peer(folder, "large", "p2", max(arguments.rounds // 2, 3))
        if "p9" in wanted:
            ratios |= sweep(folder)
    kept = {"P0: trades equal to plain Python, equity within 1e-9": is_equal} if "p0" in wanted else {}
    figures = {}
    for key, ratio in ratios.items():
        kept[name := f"{key.capitalize()}: >= {BOUNDS[key]:g} times vectorbt"] = ratio >= BOUNDS[key]
        figures[name] = f"{ratio:.1f} times"
    return verdict(kept, figures)


if __name__ == "__main__":
    sys.exit(main())
