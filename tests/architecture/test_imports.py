"""The import contracts, and what the web process must not carry."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("pandas", "pyarrow", "yfinance", "sklearn", "openpyxl", "casparser", "scipy")


@pytest.mark.anydb
def test_import_contracts_hold() -> None:
    command = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.anydb
def test_the_web_process_does_not_import_heavy_libraries() -> None:
    code = (
        "import sys, django; import os; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'tradeplatform.settings');"
        "import tradeplatform.asgi, tradeplatform.embedded;"
        "from django.urls import get_resolver; get_resolver().url_patterns;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", "import django\n" + code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


@pytest.mark.anydb
def test_ruff_is_content() -> None:
    command = Path(sys.executable).parent / "ruff"
    for what in (["check", "."], ["format", "--check", "."]):
        done = subprocess.run([command, *what], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
