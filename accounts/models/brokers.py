"""A user's credentials at his brokers and what comes of signing in there. Secrets are sealed (`services.vault`)."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models


class Broker(models.TextChoices):
    KITE = "kite"
    ICICI = "icici"


class BrokerCredential(models.Model):
    """The API key and secret of a user's own app at a broker."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="broker_credentials")
    broker = models.CharField(max_length=10, choices=Broker.choices)
    api_key_sealed = models.TextField(editable=False)
    api_secret_sealed = models.TextField(editable=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "broker"], name="broker_credential_one_per_broker"),
        ]

    def __str__(self) -> str:
        return f"{self.broker} credentials of user {self.user_id}"


class BrokerLogin(models.Model):
    """One trip to a broker's sign-in page: its one-time state, the session it belongs to, the token it brought."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="broker_logins")
    session = models.ForeignKey("accounts.UserSession", on_delete=models.CASCADE, related_name="broker_logins")
    broker = models.CharField(max_length=10, choices=Broker.choices)
    state_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    request_token_sealed = models.TextField(blank=True, default="", editable=False)
    request_token_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "broker", "-created_at"], name="broker_login_latest")]

    def __str__(self) -> str:
        return f"{self.broker} sign-in of user {self.user_id}"


class BrokerSession(models.Model):
    """A live connection to a broker. One per user and broker; ended when its token dies or is refused."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="broker_sessions")
    broker = models.CharField(max_length=10, choices=Broker.choices)
    broker_user_id = models.CharField(max_length=40, blank=True)
    access_token_sealed = models.TextField(editable=False)
    connected_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "broker"], name="broker_session_one_per_broker"),
        ]

    def __str__(self) -> str:
        return f"{self.broker} session of user {self.user_id}"
