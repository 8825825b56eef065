"""What can be traded, under which names, and what happened to it."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from market.constants import Exchange, InstrumentType, Segment


class Instrument(models.Model):
    """One tradable thing on one exchange. Identity is ours; symbols, tickers and tokens come and go with dates.

    ``symbol`` is the present trading symbol, kept beside its dated history for fast reads; an instrument whose
    symbol passed to another has an empty one.
    """

    exchange = models.CharField(max_length=3, choices=Exchange.choices)
    symbol = models.CharField(max_length=40, blank=True)
    isin = models.CharField(max_length=12, blank=True)
    name = models.CharField(max_length=120, blank=True)
    segment = models.CharField(max_length=5, choices=Segment.choices)
    instrument_type = models.CharField(max_length=5, choices=InstrumentType.choices)
    sector = models.CharField(max_length=60, blank=True)
    underlying = models.CharField(max_length=40, blank=True, help_text="name of the underlying of a derivative")
    expiry = models.DateField(null=True, blank=True)
    strike = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    lot_size = models.PositiveIntegerField(default=1)
    tick_size = models.DecimalField(max_digits=8, decimal_places=4, default="0.05")
    is_active = models.BooleanField(default=True)
    origin = models.CharField(max_length=20, default="import", help_text="who told us of it")

    class Meta:
        ordering = ("exchange", "symbol")
        constraints = (
            models.UniqueConstraint(
                fields=("exchange", "symbol"), condition=~Q(symbol=""), name="instrument_one_symbol_an_exchange"
            ),
            models.CheckConstraint(
                condition=Q(segment__in=("FUT", "OPT")) | Q(expiry__isnull=True),
                name="instrument_only_derivatives_expire",
            ),
            models.CheckConstraint(
                condition=~Q(segment="OPT") | Q(strike__gt=0), name="instrument_options_have_a_strike"
            ),
        )
        indexes: ClassVar = [
            models.Index(fields=("underlying", "expiry", "strike"), name="instrument_chain"),
            models.Index(fields=("isin",), name="instrument_isin"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """``EXCHANGE:SYMBOL`` as the user API writes it."""
        return f"{self.exchange}:{self.symbol}"


class InstrumentSymbol(models.Model):
    """The symbol an instrument had on an exchange from one date to another (both inclusive, open ends are null)."""

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="symbols")
    exchange = models.CharField(max_length=3, choices=Exchange.choices)
    symbol = models.CharField(max_length=40)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("exchange", "symbol", "valid_from")
        constraints = (
            models.UniqueConstraint(
                fields=("exchange", "symbol", "valid_from"),
                condition=Q(valid_from__isnull=False),
                name="instrument_symbol_once",
            ),
            models.UniqueConstraint(
                fields=("exchange", "symbol"), condition=Q(valid_from__isnull=True), name="instrument_symbol_first_once"
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="instrument_symbol_from_before_to",
            ),
        )

    def __str__(self) -> str:
        return f"{self.exchange}:{self.symbol}"


class BrokerAlias(models.Model):
    """How a broker names an instrument: a code, a number, or both, between two dates. Numbers are reused."""

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="aliases")
    broker = models.CharField(max_length=10)
    code = models.CharField(max_length=60, blank=True)
    token = models.BigIntegerField(null=True, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("broker", "code")
        constraints = (
            models.UniqueConstraint(fields=("broker", "token", "valid_from"), name="broker_alias_token_once"),
        )
        indexes: ClassVar = [models.Index(fields=("broker", "code"), name="broker_alias_code")]

    def __str__(self) -> str:
        return f"{self.broker}:{self.code or self.token}"


class CorporateAction(models.Model):
    """An event that makes prices before ``ex_date`` incomparable with those after.

    Prices before are multiplied by ``price_factor``, volumes divided by it. Rows that are not applied are kept and
    say why, so that nobody wonders where they went.
    """

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="corporate_actions")
    ex_date = models.DateField()
    kind = models.CharField(max_length=40)
    price_factor = models.FloatField()
    confidence = models.CharField(max_length=10, blank=True)
    evidence = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=40, blank=True)
    is_applied = models.BooleanField(default=True)

    class Meta:
        ordering = ("instrument", "ex_date")
        constraints = (
            models.UniqueConstraint(fields=("instrument", "ex_date", "kind"), name="corporate_action_once"),
            models.CheckConstraint(condition=Q(price_factor__gt=0), name="corporate_action_factor_positive"),
        )

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.kind} {self.ex_date} × {self.price_factor}"
