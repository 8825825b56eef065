"""``manage.py replay_fno --report docs/fno-replay-report.md``: history through the engine of F&O signals."""

import os
import platform
import shutil
import subprocess
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.errors import PlatformError
from market.management.imports import day
from signals.models import FnoReplayRun
from signals.services.fno.replay import DEFAULT, replay
from signals.services.fno.replay_beside import Beside, beside
from signals.services.fno.replay_reading import LABEL
from signals.services.fno.replay_text import report, signed

#: Where what decides a replay is written; changes elsewhere do not matter to it.
_ENGINES = ("calibration", "charges", "exchange", "indicators", "metrics", "mvla", "options")
_SERVICES = ("bars", "calibration", "facts", "gathering", "indices", "replay*")
DECISIVE = (
    "market/selectors/candles.py",
    *(f"engines/{name}" for name in _ENGINES),
    *(f"signals/services/fno/{name}.py" for name in _SERVICES),
)


class Command(BaseCommand):
    help = (
        "Replay imported one-minute bars of indices through the engine of F&O signals (profile index_only), label what "
        "would have fired, calibrate it walk-forward and keep the result, apart from live signals. Running it again "
        "on the same data finds the kept run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--index", default=",".join(DEFAULT), help="names, separated by commas")
        parser.add_argument("--from", dest="start", type=day, default=date.min, help="first trade date")
        parser.add_argument("--to", dest="end", type=day, default=date.max, help="last trade date")
        parser.add_argument("--again", action="store_true", help="work a known run out anew")
        parser.add_argument("--report", type=Path, help="write the report in Markdown to this file")
        parser.add_argument(
            "--beside",
            type=Path,
            action="append",
            default=[],
            metavar="FOLDER",
            help="name in the report what market data of this folder the replay does not use, and why",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        indices = [name.strip().upper() for name in options["index"].split(",") if name.strip()]
        if options["report"] is not None:
            check_writable(options["report"])
        if missing := [str(folder) for folder in options["beside"] if not folder.is_dir()]:
            raise CommandError(f"--beside: there is no folder {', '.join(missing)}")
        seen: set[tuple[int, int]] = set()

        def progress(day: date) -> None:
            if options["verbosity"] and (day.year, day.month) not in seen:
                seen.add((day.year, day.month))
                self.stderr.write(f"  {day:%B %Y}")

        try:
            run, made = replay(
                indices=indices, start=options["start"], end=options["end"], now=clock.now(), again=options["again"],
                progress=progress, made_by={"commit": commit(), "machine": machine()},
            )  # fmt: skip
        except PlatformError as error:
            raise CommandError(error.detail) from None
        overall = run.result["overall"]
        self.stdout.write(f"{LABEL}\n{'Replayed' if made else 'Known already'}: {run}, {overall['n']} signals fired.")
        self.stdout.write(f"Mean R after charges {signed(overall['net_r'])}. {run.result['verdict']}")
        if options["report"] is not None:
            options["report"].write_text(report(run, others_of(run, options["beside"])))
            self.stdout.write(f"Report: {options['report']}")


def others_of(run: FnoReplayRun, folders: Sequence[Path]) -> list[Beside]:
    """Return what these folders hold that the run did not use."""
    used = {one["origin"] for one in run.data["series"]}
    return beside(folders, used=used, fired=list(run.signals.values_list("trade_date", flat=True)))


def check_writable(report: Path) -> None:
    """Refuse a report that could not be written, before the replay is run rather than after it."""
    if not report.parent.is_dir():
        raise CommandError(f"--report: there is no folder {report.parent}; make it first")
    if report.is_dir():
        raise CommandError(f"--report: {report} is a folder; name a file")
    if not os.access(report if report.exists() else report.parent, os.W_OK):
        raise CommandError(f"--report: {report} may not be written")


def commit() -> str:
    """Return the short name of the commit, "with changes" if what decides a replay differs from it; else "unknown"."""
    git = shutil.which("git")
    if git is None or not (settings.BASE_DIR / ".git").exists():
        return "unknown"

    def ask(*words: str) -> str:
        found = subprocess.run([git, *words], cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)  # noqa: S603
        return found.stdout.strip()

    changed = ask("status", "--porcelain", "--", *DECISIVE)
    return f"`{ask('rev-parse', '--short', 'HEAD')}`{' with changes' if changed else ''}"


def machine() -> str:
    """Return what the program ran on."""
    return f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"
