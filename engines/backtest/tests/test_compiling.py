"""Machine code is made late, kept, and never stale."""

import os
import subprocess
import sys
from pathlib import Path

from engines.backtest.kernel import run_days
from engines.compiling import SOURCE_DIGEST


def test_machine_code_belongs_to_all_the_source_in_it() -> None:
    assert run_days._cache._cache_file._source_stamp == SOURCE_DIGEST
    assert len(SOURCE_DIGEST) == 64


def test_importing_compiles_nothing() -> None:
    program = (
        "import engines.backtest.run, engines.backtest.measure, engines.backtest.baselines\n"
        "from engines.backtest.kernel import run_days\n"
        "import sys; sys.exit(bool(run_days.overloads) or 'pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_warm_leaves_nothing_to_compile() -> None:
    program = """
import gc
from datetime import date
from decimal import Decimal

import numpy as np
from numba.core.dispatcher import Dispatcher

from engines.backtest.config import RunConfig
from engines.backtest.measure import measure
from engines.backtest.run import simulate
from engines.backtest.warm import warm
from engines.charges.books import Order, charges_of
from engines.strategy.compile import compile_strategy
from engines.strategy.templates import template_strategies
from engines.strategy.tests.generators import make_data
from engines.strategy.warming import warm_up

warm()
warm_up()
count = lambda: {(one.py_func, len(one.overloads)) for one in gc.get_objects() if isinstance(one, Dispatcher)}
before = count()
for gaps in (False, True):
    data = make_data(5, 300, 6, gaps=gaps)
    for strategy in template_strategies().values():
        compiled = compile_strategy(strategy, data)
        result = simulate(data.panel, compiled, RunConfig(capital=1e6))
        measure(result, data.panel.dates, benchmark=np.ones(300))
orders = (Order("buy", Decimal("812.5"), lots=3), Order("sell", Decimal(900)))
for segment in ("options", "futures", "delivery"):
    charges_of(orders, on=date(2026, 5, 4), segment=segment)
print(sorted(function.__name__ for function, _ in count() - before))
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_the_runtime_is_kept_and_used_again(tmp_path: Path) -> None:
    program = (
        "from engines.compiling import loop\n"
        "from numba.core.registry import cpu_target\n"
        "import numba.core.codegen as codegen\n"
        "made, make = [], codegen.CPUCodeLibrary._optimize_final_module\n"
        "codegen.CPUCodeLibrary._optimize_final_module = lambda self: (made.append(self.name), make(self))\n"
        "cpu_target.target_context.refresh()\n"
        "print(made)"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    runs = [
        subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment)
        for _ in range(2)
    ]
    assert [run.stdout.strip() for run in runs] == ["['nrt']", "[]"]
    assert len(list(tmp_path.glob("runtime-*.pickle"))) == 1
