"""Runs the tests marked ``fault`` and writes what they measured to ``docs/fault-report.md``."""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "fault-report.md"
LONG = "--long"
HEAD = """# Faults and abuse

What `script/fault` did to real servers on loopback, and what came of it. *embedded* is one process on SQLite;
*services* is the Procfile's `web` and `worker` on PostgreSQL and Redis.

"""


def main(arguments: list[str]) -> int:
    """Return pytest's exit code. A whole run writes the report, whether it passed or not; a part only where it is told.

    ``--report FILE``: where the report of a part goes; its head names the choice.
    ``--long``: with the parts that take minutes each (180 s of a greedy client, Redis away for 60 s, 1,000 events).
    """
    is_long = LONG in arguments
    arguments = [argument for argument in arguments if argument != LONG]
    target = None if arguments else REPORT
    if "--report" in arguments:
        at = arguments.index("--report")
        target, arguments = ROOT / arguments[at + 1], arguments[:at] + arguments[at + 2 :]
    with tempfile.TemporaryDirectory(prefix="fault-") as scratch:
        found = Path(scratch) / "figures.jsonl"
        kept = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL", "BASE_URL")}
        environment = kept | {"FAULT_FIGURES": str(found), "STATE_DIR": f"{scratch}/state"}
        environment["FAULT_LONG"] = "1" if is_long else ""
        command = [sys.executable, "-m", "pytest", "-q", "-m", "fault", "tests/fault", *arguments]
        code = subprocess.run(command, cwd=ROOT, env=environment).returncode  # noqa: S603
        rows = [json.loads(line) for line in found.read_text().splitlines()] if found.exists() else []
    if target is not None:
        target.write_text(report(rows, passed=code == 0, is_long=is_long, chosen=" ".join(arguments)))
    return code


def report(rows: list[dict[str, str]], *, passed: bool, is_long: bool = False, chosen: str = "") -> str:
    """Return the report as Markdown. ``chosen``: the arguments of a run of a part."""
    lines = [f"| {row['server']} | {row['what']} | {row['bound']} | {row['measured']} |" for row in rows]
    table = ["| Server | What was done | Bound | Measured |", "|---|---|---|---|", *lines]
    verdict = "Every check passed." if passed else "Some checks failed: see the output of the run."
    length = "- Length: " + ("long (`script/fault --long`)" if is_long else "short; `script/fault --long` has more")
    part = [f"- Part: `script/fault {chosen}`"] if chosen else []
    return HEAD + "\n".join([*facts(), length, *part, "", verdict, "", *table]) + "\n"


def facts() -> list[str]:
    """Return when, on what source and on what machine this ran."""
    commit = _run("git", "rev-parse", "--short", "HEAD") + (" with changes" if _run("git", "diff", "HEAD") else "")
    return [
        f"- Commit: `{commit}`",
        f"- Date: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        f"- Machine: {os.cpu_count()} cores ({_processor()}), {platform.system()}, Python {platform.python_version()}",
        f"- Load at the end: {os.getloadavg()[0]:.1f}",
    ]


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    names = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _run(name: str, *arguments: str) -> str:
    found = shutil.which(name)
    if found is None:
        return ""
    return subprocess.run([found, *arguments], cwd=ROOT, capture_output=True, text=True).stdout.strip()  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
