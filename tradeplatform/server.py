"""The embedded server: `script/server` runs this module. One process holds web, worker, beat and feed."""

import fcntl
import os
import socket
import sys
from pathlib import Path
from typing import IO

import django
from pydantic import ValidationError


def main() -> None:
    """Check, prepare the state, start everything, and stop everything on Ctrl-C."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradeplatform.settings")
    config = _config()
    lock, kernels = _lock(config.state_dir), _hold_kernels()
    _require_free_port(config.host, config.port)
    django.setup()
    from tradeplatform.embedded import prepare, serve

    lines = prepare(config)
    try:
        serve(config, said=lines)
    finally:
        lock.close()
        kernels.close()


def _config():
    try:
        from tradeplatform.settings import CONFIG
    except ValidationError as exc:
        rows = [f"  {'.'.join(map(str, row['loc'])).upper() or 'settings'}: {row['msg']}" for row in exc.errors()]
        sys.exit("The settings are not safe or not valid:\n" + "\n".join(rows))
    demo = CONFIG.state_dir / "demo.txt"
    if demo.exists() and not CONFIG.demo:
        sys.exit(
            f"{demo} holds demo identities with known passwords, so this state may only be served on a loopback HOST "
            "with the embedded database. Start with a fresh STATE_DIR."
        )
    return CONFIG


def _lock(state_dir: Path) -> IO[str]:
    """Hold the state directory for this process; two servers on one SQLite file would both run the schedule."""
    state_dir.mkdir(parents=True, exist_ok=True)
    lock = (state_dir / "server.lock").open("w")  # held until exit
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"Another server is using {state_dir}. Stop it, or set STATE_DIR to another directory.")
    return lock


def _hold_kernels() -> IO[str]:
    """Keep the machine code of the engines from being deleted while this process runs (`script/lib/old_kernels.py`)."""
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or os.devnull)
    try:
        held = (folder / ".held").open("a")
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:  # there is none, or it cannot be written to and so not be deleted by us either
        return Path(os.devnull).open()
    return held


def _require_free_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            sys.exit(f"Cannot listen on {host}:{port}: {exc.strerror}. Set PORT to another one.")


if __name__ == "__main__":
    main()
