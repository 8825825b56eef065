"""Credentials a person signs in with, and the sessions that come of it. Only digests of secrets are stored."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class UserSession(models.Model):
    """One sign-in: a browser's session (``kite_session``) or a JSON Web Token. What the list of sessions shows."""

    class Kind(models.TextChoices):
        WEB = "web"
        TOKEN = "token"  # noqa: S105 - a kind, not a secret

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_ins")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    method = models.CharField(max_length=20, help_text="password, link, code, register")
    second_factor = models.BooleanField(default=False)
    device = models.CharField(max_length=120)
    ip = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-last_used_at", "-id")
        indexes: ClassVar = [
            models.Index(fields=["user"], condition=Q(ended_at__isnull=True), name="session_open_by_user"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} session {self.pk} of user {self.user_id}"


class OneTimeCode(models.Model):
    """A request for a link and a code by mail. The latest of its purpose and address counts, once, for ten minutes.

    The row is made whether or not the address belongs to an account; the secrets come into being when the mail is
    written, and only their digests are kept.
    """

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in"
        RESET = "reset"
        DELETE = "delete"

    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    email = models.EmailField(max_length=254)
    requester_hash = models.CharField(max_length=64, blank=True, help_text="Of the browser that asked")
    ip = models.CharField(max_length=64, blank=True)
    device = models.CharField(max_length=120, blank=True)
    link_hash = models.CharField(max_length=64, null=True, unique=True)
    code_hash = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    minted_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["purpose", "email", "-id"], name="code_latest"),
            models.Index(fields=["expires_at"], name="code_by_expiry"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(minted_at__isnull=False) | Q(used_at__isnull=True), name="code_used_after_minted"
            ),
            models.CheckConstraint(condition=Q(attempts__lte=5), name="code_attempts_limited"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} code {self.pk}"


class AgentKey(models.Model):
    """A key ``zt_<public id>_<secret>`` with which a program acts for its user on the agent surface."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="agent_keys")
    public_id = models.CharField(max_length=16, unique=True)
    salt = models.CharField(max_length=32, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(revoked_at__isnull=True), name="agent_key_one_live_per_user"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}…"

    @property
    def prefix(self) -> str:
        """The part that may be shown."""
        return f"zt_{self.public_id}"


class TotpDevice(models.Model):
    """The authenticator app of a user (RFC 6238). It counts once a code has confirmed it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="totp_device")
    secret_sealed = models.TextField(editable=False)
    last_step = models.BigIntegerField(default=0, editable=False, help_text="No code of this step or before counts")
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"authenticator of user {self.user_id}"


class RecoveryCode(models.Model):
    """A code that stands in for the authenticator once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64, editable=False)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "code_hash"], name="recovery_code_once"),
        ]

    def __str__(self) -> str:
        return f"recovery code {self.pk} of user {self.user_id}"
