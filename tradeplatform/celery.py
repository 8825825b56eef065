"""The Celery application and its schedule: `core.jobs` is the only door to it."""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, celeryd_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradeplatform.settings")

if os.environ.get("REDIS_URL"):  # the embedded server does without Redis, and without what its client takes of memory
    from tradeplatform import broker

    broker.mend()

app = Celery("tradeplatform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_init.connect
@beat_init.connect
def warn(**_: object) -> None:
    """Say at the start of a worker or beat what its operator must know. Celery runs Django's checks and drops what
    they find; an embedded worker is no process of its own, and the web says it.
    """
    from partners.checks import log_open_nets

    log_open_nets()


app.conf.beat_schedule = {
    "events that nobody was woken for": {"task": "core.consume_events", "schedule": 10.0},
    "scans of the indices, and slots whose worker died": {
        "task": "signals.scan_fno",
        "schedule": 10.0,
        "options": {"expires": 30.0},
    },
    "calibrators of the week, and their alarm": {"task": "signals.refit_fno", "schedule": 300.0},
    "backtests that nobody works on": {"task": "backtest.resume", "schedule": 15.0},
    "instruments of the day": {"task": "market.refresh_listing", "schedule": crontab(hour="3", minute="0")},
    "patterns of the last session": {"task": "signals.find_patterns", "schedule": 300.0},
    "webhooks that are due": {"task": "partners.deliver", "schedule": 5.0},
    "subscriptions that nobody has welcomed": {
        "task": "partners.welcome",
        "schedule": 10.0,
        "options": {"expires": 30.0},
    },
    "scans of the simulated market for test keys": {
        "task": "partners.scan_sandbox",
        "schedule": 15.0,
        "options": {"expires": 30.0},
    },
    "I-Scores of the simulated market for test keys": {"task": "partners.score_sandbox", "schedule": 300.0},
    "old deliveries": {"task": "partners.prune", "schedule": crontab(hour="20", minute="45")},
    "I-Scores of the last session": {"task": "signals.iscore_nightly", "schedule": 120.0},
    "inputs of I-Scores": {"task": "signals.iscore_inputs", "schedule": crontab(minute="10")},
    "scans of months ago": {"task": "signals.prune_scans", "schedule": crontab(hour="20", minute="50")},
    "housekeeping": {"task": "core.prune", "schedule": crontab(hour="20", minute="30")},
}
