"""What the import commands have in common: several files, progress, a report, an exit code."""

from abc import ABC, abstractmethod
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import PlatformError
from market.constants import Exchange
from market.services.imports import ImportReport


def day(text: str) -> date:
    """Return the date that an option names. Raises ArgumentTypeError, which the command says to the person."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no date; write it as 2026-05-04") from None


def add_exchange(parser: ArgumentParser) -> None:
    """Add the option that says whose symbols a file has."""
    default = Exchange.NSE.value
    said = f"where the symbols of the file are listed, by default {default}"
    parser.add_argument("--exchange", choices=Exchange.values, default=default, help=said)


class ImportCommand(BaseCommand, ABC):
    """Imports file by file. A file that cannot be read is named and the next one tried; the exit code is then 1."""

    _stage = ("", -1)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="what to import, file by file")

    @abstractmethod
    def import_file(self, path: Path, options: dict[str, Any]) -> ImportReport:
        """Import one file."""

    def handle(self, *args: Any, **options: Any) -> None:
        failed: list[str] = []
        for path in options["files"]:
            try:
                report = self.import_file(path, options)
            except PlatformError as error:
                failed.append(error.detail)
                continue
            finally:
                self.end_progress()
            if options["verbosity"]:
                for line in report.lines():
                    self.stdout.write(line)
        if failed:
            raise CommandError("\n".join(failed))

    def progress(self, stage: str, done: int, total: int) -> None:
        """Show where the import is: one moving line on a terminal, a line for each tenth elsewhere."""
        tenth = 10 * done // total if total else 0
        if (stage, tenth) == self._stage and not self.stderr.isatty():
            return
        self._stage = (stage, tenth)
        text = f"  {stage} {done:,} of {total:,}" if total else f"  {stage}"
        self.stderr.write(
            f"\r{text:<60}" if self.stderr.isatty() else text, ending="" if self.stderr.isatty() else "\n"
        )

    def end_progress(self) -> None:
        """Clear the moving line."""
        self._stage = ("", -1)
        if self.stderr.isatty():
            self.stderr.write("\r" + " " * 60 + "\r", ending="")
