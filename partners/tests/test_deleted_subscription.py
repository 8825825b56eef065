"""What was sent for a subscription can be found after it was deleted."""

import importlib

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from core import clock
from partners.models import Delivery, Member
from partners.services.dispatch import deliver_due
from partners.services.keys import key_create
from partners.tests.test_sending import make_partner, make_subscription, notify, send_ping

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_log_keeps_the_number_of_a_deleted_subscription(user):
    partner = make_partner(url="https://127.0.0.1:9/")
    key = key_create(partner=partner, environment="live", actor="test", now=clock.now()).text
    subscription = make_subscription(partner)
    number = subscription.pk
    notify(subscription)
    send_ping(partner)
    deliver_due()
    subscription.delete()
    log = Client(HTTP_AUTHORIZATION=f"Bearer {key}").get
    rows = log(f"/api/partner/v1/deliveries?subscription_id={number}").json()["deliveries"]
    assert [row["subscription_id"] for row in rows] == [number]
    assert {row["subscription_id"] for row in log("/api/partner/v1/deliveries").json()["deliveries"]} == {number, None}
    Member.objects.create(partner=partner, user=user, created_at=clock.now())
    client = Client()
    client.force_login(user)
    page = client.get(f"/partner/deliveries/?subscription_id={number}").content.decode()
    assert f"Subscription {number} (deleted)" in page
    assert "deleted since" in page


def test_rows_of_before_get_their_number():
    partner = make_partner()
    kept, gone = make_subscription(partner), make_subscription(partner, symbol="BANKNIFTY")
    for row in (kept, gone):
        notify(row)
    send_ping(partner)
    numbers = {kept.pk, gone.pk, None}
    gone.delete()
    Delivery.objects.update(subscription_number=None)
    importlib.import_module("partners.migrations.0005_subscription_number").fill(apps, connection.schema_editor())
    assert set(Delivery.objects.values_list("subscription_number", flat=True)) == numbers
