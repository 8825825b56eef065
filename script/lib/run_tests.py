"""Runs the whole suite: front end, then everything on SQLite, then what touches a database on PostgreSQL and Redis."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
POSTGRES_DEFAULT = "postgres://postgres@127.0.0.1:5432/postgres"
REDIS_DEFAULT = "redis://127.0.0.1:6379/15"
DATABASE_TESTS = ("core", "accounts", "market", "signals", "backtest", "partners", "tradeplatform", "tests/flows")
PARALLEL = ("-n", "2", "--dist", "loadfile")
#: The order of conftest.py, files of slow tests first, instead of xdist's own, files of many tests first.
SLOW_FIRST = "--no-loadscope-reorder"
TEST_SECRET = "tests-only-" + "x" * 50


def main(arguments: list[str]) -> int:
    """Return 0 when every part passed. Services that are not there are skipped, or refused when required."""
    required = os.environ.get("REQUIRE_SERVICES") == "1"
    missing = [name for name, there in services().items() if not there]
    if missing and required:
        print(f"error: required but not there: {', '.join(missing)}", file=sys.stderr)
        return 2
    if missing:
        print(f"skipped, because not there: {', '.join(missing)}", file=sys.stderr)
    everything = ["-m", "not browser and not fault", *PARALLEL, SLOW_FIRST]
    parts = [("on SQLite", sqlite_environment(), arguments or everything)]
    if not arguments and "Chromium" not in missing:
        # Apart, because Playwright leaves an event loop running in its thread, where Django refuses the database.
        parts.append(("in Chromium", sqlite_environment(), ["-m", "browser", *PARALLEL]))
    if not arguments and "PostgreSQL" not in missing and "Redis" not in missing:
        paths = [path for path in DATABASE_TESTS if (ROOT / path).exists()]
        chosen = ["-m", "not browser and not slow and not anydb and not fault", *paths, *PARALLEL]
        parts.append(("on PostgreSQL and Redis", postgres_environment(), chosen))
    codes = [] if arguments else [frontend()]
    codes += [pytest(title, environment, chosen) for title, environment, chosen in parts]
    return max(codes)


def services() -> dict[str, bool]:
    """Return which of the services that some tests need can be reached."""
    return {
        "PostgreSQL": reachable(os.environ.get("POSTGRES_TEST_URL", POSTGRES_DEFAULT), 5432),
        "Redis": reachable(os.environ.get("REDIS_TEST_URL", REDIS_DEFAULT), 6379),
        "Chromium": chromium() is not None,
        "market data (MARKET_DATA_DIR)": bool(os.environ.get("MARKET_DATA_DIR")),
    }


def chromium() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def reachable(url: str, port: int) -> bool:
    import socket

    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or port), timeout=2):
            return True
    except OSError:
        return False


def base_environment() -> dict[str, str]:
    keep = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL", "BASE_URL")}
    keep["STATE_DIR"] = tempfile.mkdtemp(prefix="tests-")
    if found := chromium():
        keep["CHROMIUM"] = found
    redis_url = keep.get("REDIS_TEST_URL", REDIS_DEFAULT)
    if reachable(redis_url, 6379):
        keep["REDIS_TEST_URL"] = redis_url  # without it the tests that need Redis would skip though it is there
    return keep


def sqlite_environment() -> dict[str, str]:
    return base_environment()


def postgres_environment() -> dict[str, str]:
    return base_environment() | {
        "DATABASE_URL": os.environ.get("POSTGRES_TEST_URL", POSTGRES_DEFAULT),
        "REDIS_URL": os.environ.get("REDIS_TEST_URL", REDIS_DEFAULT),
        "SECRET_KEY": TEST_SECRET,
    }


def frontend() -> int:
    """Type-check and test the TypeScript modules."""
    print("== front end", flush=True)
    if not (ROOT / "frontend" / "node_modules").is_dir():
        print("installing the front end's packages", flush=True)
        if code := subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=ROOT / "frontend").returncode:  # noqa: S607
            return code
    for script in ("check", "test"):
        if code := subprocess.run(["npm", "run", "--silent", script], cwd=ROOT / "frontend").returncode:  # noqa: S603, S607
            return code
    return 0


def pytest(title: str, environment: dict[str, str], arguments: list[str]) -> int:
    print(f"== pytest {title}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    try:
        return subprocess.run(command, cwd=ROOT, env=environment).returncode  # noqa: S603
    finally:
        shutil.rmtree(environment["STATE_DIR"], ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
