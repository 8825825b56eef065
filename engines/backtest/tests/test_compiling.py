"""Machine code is made late, kept, and never stale."""

import subprocess
import sys

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
