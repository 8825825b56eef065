"""Scans of the four indices and the signals that came of them."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

INDEX = {"max_length": 10}
RUPEES = {"max_digits": 14, "decimal_places": 2}


class FnoScan(models.Model):
    """One minute of one index: looked at, or left out with the reason. Exactly one row a slot.

    ``slot``: minutes since 1970 UTC. ``memory``: what the engine leaves to the next scan. ``volatilities``: last solved
    volatility by contract.
    """

    class Status(models.TextChoices):
        DONE = "done"
        SKIPPED = "skipped"

    index = models.CharField(**INDEX)
    slot = models.BigIntegerField()
    at = models.DateTimeField()
    trade_date = models.DateField()
    status = models.CharField(max_length=8, choices=Status.choices)
    reason = models.CharField(max_length=200, blank=True, default="")
    trade_direction = models.CharField(max_length=8, blank=True, default="")
    entry_mode = models.CharField(max_length=12, blank=True, default="")
    confidence = models.PositiveSmallIntegerField(null=True)
    raw = models.FloatField(null=True)
    d = models.FloatField(null=True)
    q = models.FloatField(null=True)
    s = models.FloatField(null=True)
    spot = models.FloatField(null=True)
    actionable = models.BooleanField(default=False)
    vetoes = models.JSONField(default=list)
    memory = models.JSONField(default=dict)
    volatilities = models.JSONField(default=dict)
    data_source = models.CharField(max_length=20, blank=True, default="")
    duration_ms = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ("-slot", "index")
        verbose_name = "F&O scan"
        constraints: ClassVar = [models.UniqueConstraint(fields=["index", "slot"], name="fno_scan_once_a_slot")]
        indexes: ClassVar = [models.Index(fields=["index", "trade_date", "-slot"], name="fno_scan_by_day")]

    def __str__(self) -> str:
        return f"{self.index} {self.slot}"


class FnoLatest(models.Model):
    """The whole newest analysis of an index, for pages: one row an index, replaced by every scan."""

    index = models.CharField(**INDEX, unique=True)
    slot = models.BigIntegerField()
    scanned_at = models.DateTimeField()
    payload = models.JSONField()

    class Meta:
        verbose_name = "latest F&O analysis"
        verbose_name_plural = "latest F&O analyses"

    def __str__(self) -> str:
        return f"{self.index} {self.slot}"


class FnoDayOpen(models.Model):
    """Open interest of a future at the open of a trade date: what "since the open" is counted from. ``oi``: units."""

    symbol = models.CharField(max_length=40)
    trade_date = models.DateField()
    oi = models.BigIntegerField()
    at = models.DateTimeField()
    source = models.CharField(max_length=20)

    class Meta:
        verbose_name = "F&O open interest at the open"
        verbose_name_plural = "F&O open interests at the open"
        constraints: ClassVar = [models.UniqueConstraint(fields=["symbol", "trade_date"], name="fno_day_open_once")]

    def __str__(self) -> str:
        return f"{self.symbol} {self.trade_date}"


class FnoEvent(models.Model):
    """An announcement during which nothing fires, beside those that the engine ships with. Hours: exchange time."""

    day = models.DateField()
    start = models.TimeField()
    end = models.TimeField()
    reason = models.CharField(max_length=120)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ("-day", "start")
        verbose_name = "announcement"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(end__gt=models.F("start")), name="fno_event_ends_after_it_begins")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.reason}"


class FnoCandidate(models.Model):
    """What would have fired had a calibrator not put it too low. It is shown to nobody as a signal and never recorded.

    It is labelled as signals are, and calibrators learn from both: else a fit that silences every score would never be
    looked at again. ``probability``: as the calibrator gave it. ``q``: share of the votes known. ``label``: as in
    `FnoSignal`.
    """

    index = models.CharField(**INDEX)
    trade_date = models.DateField()
    slot = models.BigIntegerField()
    triggered_at = models.DateTimeField()
    trade_direction = models.CharField(max_length=8)
    entry_mode = models.CharField(max_length=12)
    raw = models.FloatField()
    probability = models.FloatField()
    calibrator = models.CharField(max_length=60)
    q = models.FloatField()
    spot = models.FloatField()
    distance = models.FloatField()
    data_source = models.CharField(max_length=20)
    engine_version = models.CharField(max_length=20)
    params_hash = models.CharField(max_length=16)
    label = models.PositiveSmallIntegerField(null=True)
    labelled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-triggered_at", "-id")
        verbose_name = "withheld F&O candidate"
        constraints: ClassVar = [models.UniqueConstraint(fields=["index", "slot"], name="fno_candidate_once_a_slot")]
        indexes: ClassVar = [models.Index(fields=["index", "-triggered_at"], name="fno_candidate_by_index")]

    def __str__(self) -> str:
        return f"{self.index} {self.slot}"


class FnoSignal(models.Model):
    """A trigger and what became of it. Its facts are written once; only its life goes on.

    Prices: rupees of premium of the option at the money. ``features``: the layers as they stood. ``label``: whether the
    index went the stop's distance for it before against it within an hour (1, 0; null: neither, or not known yet).
    """

    trade_code = models.CharField(max_length=40, unique=True)
    index = models.CharField(**INDEX)
    trade_date = models.DateField()
    number = models.PositiveSmallIntegerField()
    slot = models.BigIntegerField()
    triggered_at = models.DateTimeField()
    trade_direction = models.CharField(max_length=8)
    entry_mode = models.CharField(max_length=12)
    confidence = models.PositiveSmallIntegerField()
    tier = models.CharField(max_length=12)
    raw = models.FloatField()
    probability = models.FloatField()
    calibrated = models.BooleanField()
    calibrator = models.CharField(max_length=60, blank=True, default="")
    atm_strike = models.DecimalField(**RUPEES)
    spot = models.FloatField()
    distance = models.FloatField()
    exchange = models.CharField(max_length=3)
    tradingsymbol = models.CharField(max_length=40)
    option_type = models.CharField(max_length=2)
    expiry = models.DateField()
    lot_size = models.PositiveIntegerField()
    lots = models.PositiveIntegerField()
    entry_price = models.DecimalField(**RUPEES)
    sl = models.DecimalField(**RUPEES)
    target = models.DecimalField(**RUPEES)
    max_loss_per_lot = models.DecimalField(**RUPEES)
    expected_r = models.FloatField()
    deadline = models.DateTimeField()
    features = models.JSONField(default=dict)
    data_source = models.CharField(max_length=20)
    engine_version = models.CharField(max_length=20)
    params_hash = models.CharField(max_length=16)

    status = models.CharField(max_length=6, default="LIVE")
    outcome = models.CharField(max_length=10, default="OPEN")
    last_price = models.DecimalField(**RUPEES, null=True)
    last_bar_at = models.DateTimeField(null=True)
    mfe = models.FloatField(default=0.0)
    mae = models.FloatField(default=0.0)
    exit_price = models.DecimalField(**RUPEES, null=True)
    closed_at = models.DateTimeField(null=True)
    r_multiple = models.FloatField(null=True)
    charges_per_lot = models.DecimalField(**RUPEES, null=True)
    net_per_lot = models.DecimalField(**RUPEES, null=True)
    label = models.PositiveSmallIntegerField(null=True)
    labelled_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("-triggered_at", "-id")
        verbose_name = "F&O signal"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["index"], condition=Q(status="LIVE"), name="fno_signal_one_live_an_index"),
            models.UniqueConstraint(fields=["index", "trade_date", "number"], name="fno_signal_numbered_once"),
            models.UniqueConstraint(fields=["index", "slot"], name="fno_signal_once_a_slot"),
            models.CheckConstraint(
                condition=Q(status="LIVE", outcome="OPEN", closed_at__isnull=True)
                | (Q(status="CLOSED", closed_at__isnull=False) & ~Q(outcome="OPEN")),
                name="fno_signal_closed_with_an_outcome",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["index", "-triggered_at"], name="fno_signal_by_index"),
            models.Index(fields=["changed_at"], name="fno_signal_changed"),
            models.Index(fields=["trade_date"], name="fno_signal_by_day"),
        ]

    def __str__(self) -> str:
        return self.trade_code

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("A signal is never deleted: the record would have a hole.")
