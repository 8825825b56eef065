"""Heavy work in a process of its own: its memory goes when it ends, and nobody waits for its interpreter.

    children.run("signals.services.patterns.nightly:search", {"universe": "nifty_100"}, now=now)

A serving process calls `serve` once; from then on `run` starts a child for each piece of work, one at a time. Anywhere
else (a worker process, a command, a test) `run` does the work where it is. Either way the work is the function that its
name says, called with its arguments and ``now``; arguments and result are plain JSON values.

A child is started afresh, never forked from a process with threads. It runs at low priority, ends when its parent does,
and is ended at its deadline, when ``stop`` says so, or when the server stops. Whatever it had not committed by then it
never did: work that must be done once claims a slot (`core.jobs`) inside the child, and its lease runs out.
"""

import atexit
import importlib
import json
import logging
import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from core import clock, request_id
from core.plain import require_plain

log = logging.getLogger("platform.children")

ROOT: Final = Path(__file__).resolve().parents[1]
#: Fewer heaps for threads that the child has not, and no threads of numpy's libraries beside the one that works.
QUIET: Final = {
    "MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
    "PYTHONUNBUFFERED": "1",
}  # fmt: skip
DEADLINE_S: Final = 240.0
#: How often a waiting parent looks at deadline, memory and ``stop``.
LOOK_EVERY_S: Final = 0.2
LONGEST_RESULT: Final = 16_000_000
_MIB: Final = 1024


class ChildFailed(Exception):
    """The child did not bring a result: it failed, was ended, or died. ``how`` says which in a word."""

    def __init__(self, how: str, detail: str) -> None:
        super().__init__(detail)
        self.how = how


@dataclass(slots=True)
class Child:
    """A child at work. ``began_s`` is of `clock.monotonic`, ``peak_mib`` the most memory it was seen to hold."""

    work: str
    process: "subprocess.Popen[bytes]"
    began_s: float
    peak_mib: float | None = None


@dataclass(slots=True)
class _State:
    serving: bool = False
    running: Child | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)
    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: dict[str, "Future[Any]"] = field(default_factory=dict)
    last: dict[str, dict[str, Any]] = field(default_factory=dict)


_state = _State()


def serve() -> None:
    """Let `run` start children from now on, in this process. They end with it."""
    if not _state.serving:
        _state.serving = True
        atexit.register(stop)


def stop() -> None:
    """End the child at work and start no more."""
    _state.serving = False
    atexit.unregister(stop)
    if (child := _state.running) is not None:
        child.process.kill()


def serving() -> bool:
    """Tell whether `run` starts children here."""
    return _state.serving


def run(
    work: str,
    arguments: Mapping[str, Any] | None = None,
    *,
    now: datetime,
    deadline_s: float = DEADLINE_S,
    stop: Callable[[], bool] = lambda: False,
    is_awaited: bool = False,
) -> Any:
    """Do ``work`` (``package.module:function``) and return its result. Blocks.

    A child steps back behind everybody else, unless somebody at a page or an API waits for it (``is_awaited``): on a
    busy machine he would wait for ever. Whoever asks for what is being done already gets the result of that. Raises
    ChildFailed; where there is no child, what the work raises.
    """
    given = dict(arguments or {})
    for name, value in given.items():
        require_plain(value, name)
    if not _state.serving:
        return function_of(work)(now=now, **given)
    key = f"{work} {json.dumps(given, sort_keys=True)}"
    with _state.lock:
        theirs = _state.waiting.get(key)
        mine: Future[Any] = theirs or _state.waiting.setdefault(key, Future())
    if theirs is not None:
        return theirs.result()
    try:
        mine.set_result(_in_turn(work, given, now, deadline_s, stop, is_awaited))
    except BaseException as error:
        mine.set_exception(error)
    finally:
        with _state.lock:
            del _state.waiting[key]
    return mine.result()


def function_of(work: str) -> Callable[..., Any]:
    """Return the function that a name says."""
    module, _, name = work.partition(":")
    return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]


def _in_turn(
    work: str, given: dict[str, Any], now: datetime, deadline_s: float, stop: Callable[[], bool], is_awaited: bool
) -> Any:
    if not _state.turn.acquire(timeout=deadline_s):
        raise ChildFailed("busy", f"Other work took more than {deadline_s:g} s.")
    try:
        if not _state.serving:
            raise ChildFailed("stopped", "The server is stopping.")
        child = _start(work, given, now, is_awaited)
        try:
            result = _result(child, deadline_s, stop)
        except ChildFailed as error:
            _note(child, error.how)
            log.error("child.failed", extra={"work": work, "how": error.how, "detail": str(error)})
            raise
        _note(child, "done")
        return result
    finally:
        _state.running = None
        _state.turn.release()


def _start(work: str, given: dict[str, Any], now: datetime, is_awaited: bool) -> Child:
    process = subprocess.Popen(
        [sys.executable, "-m", "core.children_main"],
        cwd=ROOT,
        env=os.environ | QUIET,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    child = _state.running = Child(work, process, clock.monotonic())
    order = {
        "work": work,
        "arguments": given,
        "now": now.isoformat(),
        "clock": clock.now().isoformat(),
        "request_id": request_id.get(),
        "is_awaited": is_awaited,
    }
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(order).encode() + b"\n")
        process.stdin.flush()  # the pipe stays open: its end is how the child learns that we are gone
    except BrokenPipeError:
        pass  # it died at once, which its exit says
    return child


def _result(child: Child, deadline_s: float, stop: Callable[[], bool]) -> Any:
    """Return what the child answers. However this ends, the child has ended too."""
    process = child.process
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        answer = _read(child, deadline_s, stop)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stdin.close()
    if "result" in answer:
        return answer["result"]
    raise ChildFailed("error", str(answer.get("error", ""))[:500])


def _read(child: Child, deadline_s: float, stop: Callable[[], bool]) -> dict[str, Any]:
    process, said = child.process, b""
    assert process.stdout is not None
    fd = process.stdout.fileno()
    while not said.endswith(b"\n"):
        child.peak_mib = peak_mib(process.pid) or child.peak_mib
        if stop():
            raise ChildFailed("stopped", "It is not wanted any more.")
        if clock.monotonic() - child.began_s > deadline_s:
            raise ChildFailed("late", f"It took more than {deadline_s:g} s.")
        if not select.select([fd], [], [], LOOK_EVERY_S)[0]:
            continue
        some = os.read(fd, 1 << 16)
        said += some
        if not some:
            raise ChildFailed("died", f"It ended with {process.wait()} and no result.")
        if len(said) > LONGEST_RESULT:
            raise ChildFailed("error", "Its result is too long.")
    child.peak_mib = peak_mib(process.pid) or child.peak_mib
    return json.loads(said)  # type: ignore[no-any-return]


def peak_mib(pid: int) -> float | None:
    """Return the most memory a process ever held, where the system tells."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next((round(int(line.split()[1]) / _MIB, 1) for line in lines if line.startswith("VmHWM")), None)


def _note(child: Child, how: str) -> None:
    took = round(clock.monotonic() - child.began_s, 2)
    _state.last[child.work] = {"ended": how, "at": clock.now(), "took_s": took, "peak_mib": child.peak_mib}
    log.info("child ended", extra={"work": child.work, "how": how, "took_s": took, "peak_mib": child.peak_mib})


def report() -> dict[str, Any]:
    """Return the child at work and how the last of each kind ended. Never blocks."""
    child = _state.running
    running = None
    if child is not None:
        since = round(clock.monotonic() - child.began_s, 1)
        running = {"work": child.work, "pid": child.process.pid, "for_s": since, "peak_mib": child.peak_mib}
    return {"running": running, "last": dict(_state.last)}
