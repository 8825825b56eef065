"""What every import has in common: its run in the database, its counts, and the file of refused rows."""

import csv
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings

from core import clock
from core.errors import PlatformError
from market.constants import Basis, Source
from market.importers.reasons import WORDS
from market.models import ImportRun

REJECTED_HEADER: Final = ("line", "symbol", "time", "open", "high", "low", "close", "volume", "reason", "detail")
_MAX_SAMPLES: Final = 20
_WORDS_BY_CODE: Final[dict[str, str]] = {
    **{reason.value: words for reason, words in WORDS.items()},
    "SKIPPED_NO_FACTOR": "no price factor, so there is nothing to apply",
    "SKIPPED_KIND": "kept, but never applied: the kind is no known corporate action",
    "UNKNOWN_EXCHANGE": "of an exchange the platform does not keep",
    "CONFLICT": "differs from the stored bar, which is kept; --replace lets the file win",
}
#: Beginnings that a spreadsheet takes for a formula.
_FORMULA: Final = ("=", "+", "-", "@")

#: Told of a long import: the stage, how many are done, of how many.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class CandleOptions:
    """What the person asked for. ``source`` is a known source or the name of an origin; '' is ``import``."""

    interval: str = "day"
    exchange: str = "NSE"
    symbol: str = ""
    basis: str = Basis.RAW.value
    source: str = "import"
    replace: bool = False
    dry_run: bool = False


@dataclass(slots=True)
class ImportReport:
    """What became of the rows of one file. Read = added + changed + unchanged + conflict + rejected.

    ``skipped`` are rows that were kept but not applied, or not wanted; they count as unchanged or rejected as well.
    ``words``: what a reason means where the usual sentence, which is about bars of prices, would not fit.
    """

    command: str
    file: str
    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    conflict: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)
    rejected_file: Path | None = None
    seconds: float = 0.0
    longest_lock_s: float = 0.0
    dry_run: bool = False
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def accounted(self) -> int:
        return self.added + self.changed + self.unchanged + self.conflict + self.rejected

    @property
    def rows_per_second(self) -> float:
        return self.read / self.seconds if self.seconds else 0.0

    def as_json(self) -> dict[str, object]:
        """Return what `ImportRun.report` keeps."""
        return {
            "reasons": dict(self.reasons),
            "notes": self.notes,
            "samples": self.samples,
            "rejected_file": self.rejected_file.name if self.rejected_file else None,
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(self.rows_per_second),
            "longest_lock_ms": round(self.longest_lock_s * 1000, 1),
        }

    def lines(self) -> Iterator[str]:
        """Yield the report in words for a terminal."""
        yield (
            f"{self.file}: read {self.read:,}, added {self.added:,}, changed {self.changed:,}, "
            f"unchanged {self.unchanged:,}, conflict {self.conflict:,}, rejected {self.rejected:,}"
            f" in {self.seconds:.1f} s ({self.rows_per_second:,.0f} rows/s){' - dry run, nothing kept' * self.dry_run}"
        )
        for code, count in self.reasons.most_common():
            words = self.words.get(code) or _WORDS_BY_CODE.get(code)
            yield f"  {count:>9,}  {code}{f': {words}' if words else ''}"
        yield from (f"  note: {note}" for note in self.notes)
        if self.rejected_file is not None:
            yield f"  refused and conflicting rows: {self.rejected_file}"


def source_and_origin(name: str) -> tuple[str, str]:
    """Return (source, origin) of ``--source NAME``: a known source by itself, any other name is an import's origin."""
    known = name.strip().lower()
    return (known, "") if known in Source.values else (Source.IMPORT.value, name.strip()[:40])


@contextmanager
def recorded(
    command: str, path: Path, options: dict[str, object], *, words: Mapping[str, str] | None = None
) -> Iterator[ImportReport]:
    """Keep an `ImportRun` around one import. A failure is recorded with its sentence and raised again.

    ``words``: as `ImportReport`.
    """
    report = ImportReport(command, path.name, dry_run=bool(options.get("dry_run")), words=words or {})
    started = clock.monotonic()
    run = ImportRun.objects.create(
        command=command,
        file_name=path.name[:200],
        file_sha256=sha256_of(path),
        options=options,
        started_at=clock.now(),
    )
    try:
        yield report
    except BaseException as error:
        run.status = ImportRun.Status.FAILED
        words = error.detail if isinstance(error, PlatformError) else f"{type(error).__name__}"
        run.report = {"error": words}
        raise
    else:
        run.status = ImportRun.Status.DONE
        report.seconds = clock.monotonic() - started
        run.report = report.as_json()
    finally:
        _store(run, report)


def _store(run: ImportRun, report: ImportReport) -> None:
    run.finished_at = clock.now()
    run.rows_read, run.rows_added, run.rows_changed = report.read, report.added, report.changed
    run.rows_unchanged, run.rows_conflict, run.rows_rejected = report.unchanged, report.conflict, report.rejected
    run.save()


def sha256_of(path: Path) -> str:
    """Return the digest of a file, '' when it cannot be read (its reader will say why)."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def imports_dir() -> Path:
    """Return where reports of imports are kept."""
    folder = Path(settings.STATE_DIR) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_rejected(
    report: ImportReport, header: Iterable[str], rows: Iterable[Iterable[object]], *, at: datetime
) -> None:
    """Write every refused row to a file of its own and note its path; nothing is written without rows."""
    iterator = iter(rows)
    first = next(iterator, None)
    if first is None:
        return
    stem = "".join(char if char.isalnum() or char in "-_." else "_" for char in report.file)
    path = imports_dir() / f"{at:%Y%m%dT%H%M%S%f}-{report.command}-{stem}.rejected.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in (first, *iterator):
            cells = [_harmless(cell) for cell in row]
            writer.writerow(cells)
            if len(report.samples) < _MAX_SAMPLES:
                report.samples.append(", ".join(str(cell) for cell in cells))
    report.rejected_file = path


def _harmless(cell: object) -> object:
    """Keep a spreadsheet from taking a text of the file for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
