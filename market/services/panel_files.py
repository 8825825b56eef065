"""Panels on disk: a folder of .npy files for each, written aside, published by rename, read memory-mapped."""

import fcntl
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from engines.panel import PricePanel

#: Raise when what the files say changes; older files are then not read.
FORMAT: Final = 2
ARRAYS: Final = ("dates", "open", "high", "low", "close", "volume", "factor", "member")
_META: Final = "panel.json"
#: Folders that a writer left behind when it died are removed after this long.
_ABANDONED_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class PanelKey:
    """Which panel. ``version`` names the state of its data; ``stored``: whether stored prices may be in it."""

    universe: str
    start: date
    end: date
    interval: str
    adjusted: bool
    version: str
    stored: bool = True

    @property
    def family(self) -> str:
        """Name shared by all versions of one panel."""
        basis = ("adjusted" if self.adjusted else "raw") + ("" if self.stored else "-filled")
        return f"{self.universe}-{self.interval}-{basis}-{self.start:%Y%m%d}-{self.end:%Y%m%d}"

    @property
    def name(self) -> str:
        """Name of this panel in this state of its data: equal names mean equal prices."""
        return f"{self.family}|{self.version}"

    @property
    def folder(self) -> str:
        digest = hashlib.sha256(f"{FORMAT}|{self.version}".encode()).hexdigest()[:16]
        return f"{self.family}-{digest}"


def load(root: Path, key: PanelKey) -> PricePanel | None:
    """Return the panel from its files, memory-mapped and read-only; None if it is not there or not whole."""
    folder = root / key.folder
    try:
        meta = json.loads((folder / _META).read_text())
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
    except (FileNotFoundError, NotADirectoryError, ValueError, EOFError):
        return None
    return PricePanel(
        **arrays,
        symbols=tuple(meta["symbols"]),
        sectors=tuple(meta["sectors"]),
        source=meta["source"],
        version=meta["version"],
        notes=tuple(meta["notes"]),
    )


def publish(root: Path, key: PanelKey, panel: PricePanel) -> None:
    """Write a panel aside, make it visible by one rename, and remove older versions of it.

    Processes that have an older version mapped keep it: the files vanish when the last of them lets go.
    """
    root.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".writing-", dir=root))
    try:
        for name in ARRAYS:
            np.save(aside / f"{name}.npy", np.ascontiguousarray(getattr(panel, name)), allow_pickle=False)
        meta = {name: getattr(panel, name) for name in ("symbols", "sectors", "source", "version", "notes")}
        (aside / _META).write_text(json.dumps(meta))
        aside.chmod(0o755)
        target = root / key.folder
        if target.exists():
            shutil.rmtree(target, ignore_errors=True)
        aside.rename(target)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    _remove_older(root, key)


def _remove_older(root: Path, key: PanelKey) -> None:
    for folder in root.glob(f"{key.family}-*"):
        if folder.is_dir() and folder.name != key.folder:
            shutil.rmtree(folder, ignore_errors=True)
    for folder in root.glob(".writing-*"):
        try:
            abandoned = time.time() - folder.stat().st_mtime > _ABANDONED_S
        except FileNotFoundError:
            continue
        if abandoned:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def one_builder(root: Path, key: PanelKey) -> Iterator[None]:
    """Let one process (and one thread of it) at a time build a panel; the others wait."""
    locks = root / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / key.family).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
