"""Strategies and their versions."""

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from signals.constants import HASH_LENGTH, NAME_LENGTH


class Strategy(models.Model):
    """A named strategy of a person, or a template, which nobody owns.

    Its rules stand in its versions; ``name``, ``description``, ``base_model`` and ``is_active`` repeat those of the
    current one, so that lists need not open them. ``slug`` is the template's name in the engine.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="strategies"
    )
    slug = models.SlugField(max_length=60, unique=True, null=True, blank=True)
    name = models.CharField(max_length=NAME_LENGTH)
    description = models.TextField(blank=True, default="")
    base_model = models.CharField(max_length=60, blank=True, default="")
    is_active = models.BooleanField(default=True)
    is_public = models.BooleanField(default=False)
    is_template = models.BooleanField(default=False)
    current = models.ForeignKey(
        "signals.StrategyVersion", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    forked_from = models.ForeignKey(
        "signals.StrategyVersion", models.SET_NULL, null=True, blank=True, related_name="forks", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "strategies"
        ordering = ("-updated_at", "-id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(is_template=True, owner__isnull=True, slug__isnull=False)
                | Q(is_template=False, owner__isnull=False, slug__isnull=True),
                name="strategy_has_an_owner_or_is_a_template",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-updated_at"], name="strategy_by_owner"),
            models.Index(fields=["-updated_at"], condition=Q(is_public=True), name="strategy_public"),
        ]

    def __str__(self) -> str:
        return self.name


class StrategyVersion(models.Model):
    """One state of a strategy's rules. Written once; runs and portfolios are bound to it.

    ``body``: the canonical strategy. ``hash``: SHA-256 of it. ``sentence``: the rules in words.
    """

    strategy = models.ForeignKey(Strategy, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    hash = models.CharField(max_length=HASH_LENGTH)
    sentence = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("strategy", "-number")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["strategy", "number"], name="strategy_version_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.strategy} v{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            self._refuse()
        super().save(*args, **kwargs)

    def _refuse(self) -> NoReturn:
        raise TypeError("A version of a strategy is never changed; make a new one.")
