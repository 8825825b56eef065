"""A process that makes events and forks others that send them, for a test that kills those.

Reads commands, one a line, and answers each with one line of JSON: ``begin <url> <partners>`` makes partners with a
subscription each, ``events <n>`` makes events in turn, ``send`` forks a sender and answers its process id, ``reap``
waits for the killed one, ``states`` counts the deliveries by state.
"""

import json
import os
import sys
import time
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.db import connections, transaction  # noqa: E402
from django.db.models import Count  # noqa: E402

from core import clock  # noqa: E402
from partners.models import Attempt, Delivery, Endpoint, Subscription  # noqa: E402
from partners.services import dispatch, sending  # noqa: E402
from partners.services.firing import fno_fire  # noqa: E402
from partners.services.partners import partner_create  # noqa: E402
from partners.services.testing import _signal  # noqa: E402


def begin(url: str, count: str) -> Any:
    secrets = {}
    for number in range(int(count)):
        now = clock.now()
        made = partner_create(name=f"Partner {number}", actor="test", now=now)
        Endpoint.objects.filter(partner=made.partner).update(url=url)
        row = Subscription.objects.create(
            partner=made.partner, environment="live", engine="fno", symbol="NIFTY", min_confidence=50,
            channels=["webhook"], created_at=now, updated_at=now,
        )  # fmt: skip
        secrets[row.pk] = made.webhook_secret
    return secrets


def events(count: str) -> Any:
    """Every signal reaches every partner; ``count`` is the number of deliveries."""
    made = 0
    while made < int(count):
        now = clock.now()
        name = f"NIFTY-{time.monotonic_ns()}"
        with transaction.atomic():
            made += len(fno_fire(_signal(now) | {"trade_code": name, "entry_mode": "₹ और बढ़त"}, now=now))
    return made


def send() -> Any:
    connections.close_all()
    if hasattr(connections["default"], "close_pool"):  # the pool's connections must not be used from two processes
        connections["default"].close_pool()
    pid = os.fork()
    if pid == 0:
        lease = timedelta(seconds=float(os.environ["FAULT_LEASE_S"]))  # all waits that a loss costs, so much shorter
        sending.LAID_ASIDE = tuple(wait * (lease / sending.LEASE) for wait in sending.LAID_ASIDE)
        sending.LEASE = lease
        while True:
            dispatch.deliver_due()
            time.sleep(0.05)
    return pid


def reap() -> Any:
    return os.wait()[1]


def states() -> Any:
    counted = dict(Delivery.objects.values_list("status").annotate(Count("pk")))
    gaps = [
        row.last_sequence - row.deliveries.values("sequence").distinct().count() for row in Subscription.objects.all()
    ]
    lost = list(Attempt.objects.exclude(error="").values_list("error", flat=True).distinct())
    return {"states": counted, "gaps": sum(gaps), "errors": lost}


COMMANDS = {"begin": begin, "events": events, "send": send, "reap": reap, "states": states}

if __name__ == "__main__":
    for line in sys.stdin:
        name, *given = line.split()
        print(json.dumps(COMMANDS[name](*given)), flush=True)
