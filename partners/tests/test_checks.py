"""What every role says at its start while webhooks may reach private addresses."""

import logging

import pytest
from celery.signals import beat_init, celeryd_init
from django.core.checks import run_checks

from core.addresses import parse_networks
from partners.checks import OPEN_NETS, log_open_nets


@pytest.fixture(autouse=True)
def _first_time():
    log_open_nets.cache_clear()
    yield
    log_open_nets.cache_clear()


def said():
    return [found for found in run_checks() if found.id == OPEN_NETS]


def test_nothing_is_said_while_the_setting_is_empty(settings, caplog):
    settings.WEBHOOK_ALLOW_NETS = ()
    log_open_nets()
    assert (said(), caplog.records) == ([], [])


def test_every_command_warns_while_it_is_set(settings):
    settings.WEBHOOK_ALLOW_NETS = parse_networks("10.0.0.0/8, ::1")
    (found,) = said()
    assert found.level == logging.WARNING
    assert "WEBHOOK_ALLOW_NETS=10.0.0.0/8, ::1/128" in found.msg
    settings.SILENCED_SYSTEM_CHECKS = [OPEN_NETS]
    assert found.is_silenced()


@pytest.mark.parametrize("begins", [celeryd_init, beat_init])
def test_worker_and_beat_log_it_once_a_process(settings, caplog, begins):
    settings.WEBHOOK_ALLOW_NETS = parse_networks("10.0.0.0/8")
    for _ in range(2):
        begins.send(sender=None, instance=None, conf=None, options={})
    assert [(row.levelname, "PRIVATE" in row.getMessage()) for row in caplog.records] == [("WARNING", True)]
