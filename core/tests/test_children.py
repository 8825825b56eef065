"""Children bring a result or end, and never outlive who asked."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core import children

NOW = datetime(2026, 5, 4, 4, 0, 30, tzinfo=UTC)
WORK = "core.tests.children_work"
pytestmark = pytest.mark.anydb


@pytest.fixture
def serving() -> Iterator[None]:
    children.serve()
    yield
    children.stop()


def is_gone(pid: int, within_s: float = 5.0) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":  # dead, whether or not somebody has asked for its exit code
            return True
        time.sleep(0.02)
    return False


def running_pid() -> int:
    for _ in range(500):
        if (running := children.report()["running"]) is not None:
            return int(running["pid"])
        time.sleep(0.01)
    raise AssertionError("no child was started")


def test_where_nobody_serves_work_is_done_at_once() -> None:
    found = children.run(f"{WORK}:say", {"a": [1]}, now=NOW)
    assert (found["pid"], found["given"], found["now"]) == (os.getpid(), {"a": [1]}, NOW.isoformat())


@pytest.mark.usefixtures("serving")
def test_a_child_does_it_at_low_priority_and_is_reported() -> None:
    found = children.run(f"{WORK}:say", {"a": [1]}, now=NOW)
    assert found["pid"] != os.getpid()
    assert (found["given"], found["now"]) == ({"a": [1]}, NOW.isoformat())
    assert found["nice"] >= 10
    assert found["policy"] == os.SCHED_BATCH
    assert is_gone(found["pid"])
    last = children.report()["last"][f"{WORK}:say"]
    assert last["ended"] == "done"
    assert last["peak_mib"] > 10
    assert children.report()["running"] is None


@pytest.mark.usefixtures("serving")
def test_a_child_that_somebody_waits_for_does_not_step_back() -> None:
    found = children.run(f"{WORK}:say", now=NOW, is_awaited=True)
    assert (found["nice"], found["policy"]) == (os.nice(0), os.sched_getscheduler(0))


@pytest.mark.usefixtures("serving")
@pytest.mark.parametrize(("work", "how"), [("fail", "error"), ("die", "died")])
def test_a_child_without_a_result(work: str, how: str) -> None:
    with pytest.raises(children.ChildFailed) as caught:
        children.run(f"{WORK}:{work}", now=NOW)
    assert caught.value.how == how
    assert "hunter22" not in str(caught.value)
    assert children.report()["last"][f"{WORK}:{work}"]["ended"] == how


@pytest.mark.usefixtures("serving")
def test_a_late_child_is_ended() -> None:
    pids: list[int] = []

    def look() -> bool:
        pids.extend([] if pids else [running_pid()])
        return False

    with pytest.raises(children.ChildFailed, match="more than 1 s") as caught:
        children.run(f"{WORK}:sleep", now=NOW, deadline_s=1.0, stop=look)
    assert caught.value.how == "late"
    assert is_gone(pids[0])


@pytest.mark.usefixtures("serving")
def test_a_child_that_is_not_wanted_any_more_is_ended() -> None:
    unwanted = threading.Event()
    pids: list[int] = []

    def look() -> bool:
        if not pids:
            pids.append(running_pid())
            unwanted.set()
        return unwanted.is_set()

    with pytest.raises(children.ChildFailed) as caught:
        children.run(f"{WORK}:sleep", now=NOW, stop=look)
    assert caught.value.how == "stopped"
    assert is_gone(pids[0])


@pytest.mark.usefixtures("serving")
def test_who_asks_for_what_is_being_done_gets_its_result() -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(children.run(f"{WORK}:nap", now=NOW))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_the_end_of_serving_ends_the_child() -> None:
    children.serve()
    errors: list[str] = []

    def ask() -> None:
        try:
            children.run(f"{WORK}:sleep", now=NOW)
        except children.ChildFailed as error:
            errors.append(error.how)

    thread = threading.Thread(target=ask)
    thread.start()
    pid = running_pid()
    children.stop()
    thread.join(timeout=10)
    assert errors == ["died"]
    assert is_gone(pid)


@pytest.mark.slow
def test_a_child_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    program = (
        "from datetime import UTC, datetime\n"
        "from core import children\n"
        "children.serve()\n"
        f"children.run('{WORK}:sleep', {{'path': {str(path)!r}}}, now=datetime.now(UTC))\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=children.ROOT)
    try:
        for _ in range(3000):
            if path.exists() and path.read_text():
                break
            time.sleep(0.01)
        child = int(path.read_text())
        os.kill(child, 0)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        assert is_gone(child)
    finally:
        parent.kill()
        parent.wait()
