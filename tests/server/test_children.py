"""A child that is killed at its work leaves it to the next, and nothing is done twice."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.running import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.anydb]

PROGRAM = """
import json, os, threading, time
from datetime import timedelta
import django
django.setup()
from django.core.management import call_command
from core import children, clock
call_command("migrate", interactive=False, verbosity=0)
call_command("seed_market", verbosity=0)
from core.models import Event, JobSlot
from signals.models import IScoreSnapshot, IScoreStanding, RecordEntry
WORK = "tests.server.children_work:slow_night"
now, said = clock.now(), []
children.serve()

def ask(moment):
    try:
        children.run(WORK, now=moment)
        said.append("done")
    except children.ChildFailed as error:
        said.append(error.how)

first = threading.Thread(target=ask, args=(now,))
first.start()
while IScoreStanding.objects.count() < 15:
    time.sleep(0.01)
os.kill(children.report()["running"]["pid"], 9)
first.join()
half = IScoreStanding.objects.count()
ask(now)  # the lease of the one that was killed still runs
waiting = IScoreStanding.objects.count()
ask(now + timedelta(minutes=6))
told = list(Event.objects.filter(kind="iscore.changed").values_list("payload", flat=True))
slot = JobSlot.objects.get(job__startswith="signals.iscore:")
print(json.dumps({
    "said": said, "half": half, "waiting": waiting,
    "standings": IScoreStanding.objects.count(), "snapshots": IScoreSnapshot.objects.count(),
    "told": sorted(one["symbol"] for one in told), "status": slot.status, "attempts": slot.attempts,
    "entries": RecordEntry.objects.count(), "subjects": RecordEntry.objects.values("subject").distinct().count(),
}))
"""


def test_a_killed_child_is_followed_by_another_and_nothing_is_doubled(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    env |= {"STATE_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "tradeplatform.settings"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, timeout=110
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["said"] == ["died", "done", "done"]
    assert 15 <= found["half"] == found["waiting"] < found["standings"]
    assert found["standings"] == found["snapshots"]
    assert len(found["told"]) == len(set(found["told"])) == found["standings"]
    assert found["entries"] == found["subjects"] == found["standings"]
    assert (found["status"], found["attempts"]) == ("done", 2)
