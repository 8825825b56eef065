"""A process that makes events and forks others that send them, for a test that kills those.

Reads commands, one a line, and answers each with one line of JSON: ``begin <url> <partners>`` makes partners with a
subscription each, ``events <n>`` makes events in turn, ``send`` forks a sender and answers its process id, ``reap``
waits for the killed one, ``states`` counts the deliveries by state, ``of <url>`` those to one address; ``names <file>``
has names answered from a file.
"""

import itertools
import json
import os
import socket
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connections, transaction  # noqa: E402
from django.db.models import Count, Max  # noqa: E402

from core import clock  # noqa: E402
from partners.models import Attempt, Delivery, Endpoint, Subscription  # noqa: E402
from partners.services import dispatch, sending  # noqa: E402
from partners.services.firing import fno_fire  # noqa: E402
from partners.services.partners import partner_create  # noqa: E402
from partners.services.testing import _signal  # noqa: E402

TEXTS = ("₹ और बढ़त", '₹1,25,000 का लाभ\n"अभी"', "निफ़्टी ↗ ₹22,500 \u200d\u2028", "BREAKOUT", "é\u0301 😀 ₹ क्षत्रिय\t\\")


def begin(url: str, count: str) -> Any:
    secrets = {}
    for number in range(int(count)):
        now = clock.now()
        made = partner_create(name=f"Partner {number} {time.monotonic_ns()}", actor="test", now=now)
        Endpoint.objects.filter(partner=made.partner).update(url=url)
        row = Subscription.objects.create(
            partner=made.partner, environment="live", engine="fno", symbol="NIFTY", min_confidence=50,
            channels=["webhook"], created_at=now, updated_at=now,
        )  # fmt: skip
        secrets[row.pk] = made.webhook_secret
    return secrets


def events(count: str) -> Any:
    """Every signal reaches every partner; ``count`` is the number of deliveries."""
    made, texts = 0, itertools.cycle(TEXTS)
    while made < int(count):
        now = clock.now()
        name = f"NIFTY-{time.monotonic_ns()}"
        with transaction.atomic():
            told = {"trade_code": name, "entry_mode": f"{next(texts)} {made}"}
            made += len(fno_fire(_signal(now) | told, now=now))
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


def names(path: str) -> Any:
    """Answer names of ``.example`` from a JSON file in turn, the first answer first; connect to nothing but this
    machine. What was asked for and called is written beside the file.
    """
    book, turns = json.loads(Path(path).read_text()), Counter[str]()
    whole, whole_connect = socket.getaddrinfo, socket.create_connection

    def look_up(host: Any, port: Any, *given: Any, **more: Any) -> Any:
        if host not in book:
            return whole(host, port, *given, **more)
        answers = book[host][turns[host] % len(book[host])]
        turns[host] += 1
        note("asked", host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers]

    def connect(address: tuple[str, int], *given: Any, **more: Any) -> Any:
        note("called", address[0])
        if address[0].startswith("127."):
            return whole_connect(address, *given, **more)
        raise OSError("there is no Internet here")

    def note(what: str, whom: str) -> None:
        with Path(f"{path}.log").open("a") as log:
            log.write(f"{what} {whom}\n")

    socket.getaddrinfo, socket.create_connection = look_up, connect  # type: ignore[assignment]
    return sorted(book)


def of(url: str) -> Any:
    """Count the deliveries to one address by state and HTTP status of the newest attempt."""
    rows = Delivery.objects.filter(partner__endpoints__url=url)
    counted = rows.annotate(http=Max("attempts__http_status")).values_list("status", "http").annotate(Count("pk"))
    return [[*row] for row in counted.order_by("status", "http")]


def reap() -> Any:
    return os.wait()[1]


def states() -> Any:
    counted = dict(Delivery.objects.values_list("status").annotate(Count("pk")))
    gaps = [
        row.last_sequence - row.deliveries.values("sequence").distinct().count() for row in Subscription.objects.all()
    ]
    lost = list(Attempt.objects.exclude(error="").values_list("error", flat=True).distinct())
    return {"states": counted, "gaps": sum(gaps), "errors": lost}


COMMANDS = {"names": names, "of": of, "begin": begin, "events": events, "send": send, "reap": reap, "states": states}

if __name__ == "__main__":
    for line in sys.stdin:
        name, *given = line.split()
        print(json.dumps(COMMANDS[name](*given)), flush=True)
