"""Deletes folders of machine code that no checkout of the last days has used and no server holds.

    python script/lib/old_kernels.py FOLDER CURRENT

A server holds its folder with a shared lock on ``.held`` in it (`tradeplatform.server`); each start by a script renews
``.complete``.
"""

import fcntl
import shutil
import sys
import time
from pathlib import Path

KEPT_S = 3 * 24 * 3600


def main(folder: Path, current: str, *, now: float) -> list[str]:
    """Return the names of what was deleted. ``now``: seconds since 1970."""
    gone = []
    for path in sorted(folder.iterdir()):
        stamp = path / ".complete"
        used_at = (stamp if stamp.exists() else path).stat().st_mtime
        if path.is_dir() and path.name != current and now - used_at > KEPT_S and _is_free(path):
            shutil.rmtree(path, ignore_errors=True)
            gone.append(path.name)
    return gone


def _is_free(path: Path) -> bool:
    with (path / ".held").open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], now=time.time())
