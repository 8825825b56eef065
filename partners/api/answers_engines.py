"""Answers of the two engines as the description of the partner surface has them."""

from rest_framework import serializers

from partners.api.answers import CountedAnswer, PartnerAnswer
from signals.api.shapes import AnalysisShape, ComponentShape, ScoreShape, SignalShape, TradeShape, components_of

SOURCES = ("broker", "delayed", "simulated")


class PartnerTradeOut(TradeShape):
    """One of three ranked ways to trade the direction: a bought option. ``max_loss_per_lot``: rupees at the stop."""


class PartnerAnalysisOut(AnalysisShape):
    """An index at one instant. ``provider``: the source that ``data_source`` is a kind of."""

    trades = PartnerTradeOut(many=True)
    data_source = serializers.ChoiceField(SOURCES, allow_null=True)
    provider = serializers.CharField(allow_null=True)


class PartnerLiveAnswer(PartnerAnswer):
    """The analysis of this minute."""

    index = serializers.CharField()
    analysis = PartnerAnalysisOut()


class PartnerSignalOut(SignalShape):
    """A signal that fired, as its webhook told it, and what became of it."""

    engine = serializers.CharField()
    event = serializers.CharField()
    data_source = serializers.ChoiceField(SOURCES)
    provider = serializers.CharField()
    status = serializers.ChoiceField(["OPEN", "CLOSED"])


class PartnerHistoryAnswer(CountedAnswer):
    """Signals, newest first."""

    index = serializers.CharField()
    days = serializers.IntegerField()
    signals = PartnerSignalOut(many=True)


PartnerComponentsOut = components_of("PartnerComponentsOut", ComponentShape)


class PartnerScoreOut(ScoreShape):
    """An I-Score after a complete session. Nulls and ``code`` INSUFFICIENT_DATA where too little is known."""

    components = PartnerComponentsOut()
    data_source = serializers.ChoiceField(SOURCES, allow_null=True)
    provider = serializers.CharField(allow_null=True)


class PartnerScoreAnswer(PartnerAnswer):
    """The I-Score of a share."""

    symbol = serializers.CharField()
    result = PartnerScoreOut()


class PartnerScoreRowOut(serializers.Serializer):
    """One share of a batch: ``result``, or ``error`` and ``code``."""

    symbol = serializers.CharField()
    success = serializers.BooleanField()
    result = PartnerScoreOut(required=False)
    error = serializers.CharField(required=False)
    code = serializers.CharField(required=False)


class PartnerBatchAnswer(CountedAnswer):
    """A row for each different symbol, in the order they were sent."""

    results = PartnerScoreRowOut(many=True)
