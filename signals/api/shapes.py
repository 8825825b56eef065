"""What answers about F&O signals and I-Scores have in common on every surface that gives them.

A surface adds what is its own: the pages' API the inside of the engines, the partner surface its names of sources.
"""

from rest_framework import serializers

from engines.iscore.tables import WEIGHTS
from market.api.fields import NumberOrNull

OUTCOMES = ("OPEN", "TARGET", "SL", "TIME_EXIT", "EXPIRED")


class TradeShape(serializers.Serializer):
    """One of three ranked ways to trade a direction: a bought option. Prices in rupees; ``max_loss_per_lot``: at the
    stop, with charges.
    """

    type = serializers.ChoiceField(["ATM", "OTM", "ITM"])
    strike = serializers.FloatField()
    option_type = serializers.ChoiceField(["CE", "PE"])
    tradingsymbol = serializers.CharField()
    expiry = serializers.DateField()
    ltp = serializers.FloatField(allow_null=True)
    iv = serializers.FloatField(help_text="Volatility, a fraction a year")
    delta = serializers.FloatField()
    entry_price = serializers.FloatField()
    sl = serializers.FloatField()
    target = serializers.FloatField()
    lot_size = serializers.IntegerField()
    max_loss_per_lot = serializers.FloatField()
    expected_r = serializers.FloatField(help_text="Expected result in multiples of the risk, after costs")
    rank = serializers.IntegerField()
    risk = serializers.ChoiceField(["LOW", "MEDIUM", "HIGH"])
    avoid = serializers.BooleanField()


class LayersOut(serializers.Serializer):
    """What the confidence is made of."""

    direction = serializers.DictField(help_text="d, q, agreement, kept_minutes, votes")
    strength = serializers.DictField(help_text="s, coverage, iv_rank, parts")
    filters = serializers.DictField(help_text="checks, softeners, discipline")


class AnalysisShape(serializers.Serializer):
    """One index at one instant. ``vetoes``: why it is not actionable, as codes; ``veto_words``: in sentences."""

    trade_direction = serializers.ChoiceField(["BULLISH", "BEARISH", "NEUTRAL"])
    confidence = serializers.IntegerField(help_text="0 to 100; at most 74 while calibrated is false")
    confidence_grade = serializers.ChoiceField(["Strong", "Moderate", "Weak", "None"])
    tier = serializers.ChoiceField(["HIGH", "REGULAR", "AGGRESSIVE"], allow_null=True, help_text="null below 50")
    entry_mode = serializers.ChoiceField(["BREAKOUT", "PULLBACK", "CONTINUATION", "REVERSAL", "NONE"])
    atm_strike = serializers.FloatField(allow_null=True)
    spot_price = serializers.FloatField(allow_null=True)
    expiry = serializers.DateField(allow_null=True)
    lot_size = serializers.IntegerField(allow_null=True)
    layers = LayersOut()
    actionable = serializers.BooleanField()
    vetoes = serializers.ListField(child=serializers.CharField())
    veto_words = serializers.ListField(child=serializers.CharField())
    market_phase = serializers.CharField()
    data_age_s = serializers.FloatField(allow_null=True)
    as_of = serializers.DateTimeField(allow_null=True)
    calibrated = serializers.BooleanField()
    engine_version = serializers.CharField()


class SignalShape(serializers.Serializer):
    """A signal that fired and what became of it; prices are those of the option at the money."""

    index = serializers.CharField()
    symbol = serializers.CharField()
    score = serializers.IntegerField()
    confidence = serializers.IntegerField()
    tier = serializers.CharField()
    trade_direction = serializers.CharField()
    entry_mode = serializers.CharField()
    atm_strike = serializers.FloatField()
    entry_price = serializers.FloatField()
    sl = serializers.FloatField()
    target = serializers.FloatField()
    trade_code = serializers.CharField()
    timestamp = serializers.DateTimeField()
    tradingsymbol = serializers.CharField()
    option_type = serializers.CharField()
    expiry = serializers.DateField()
    lot_size = serializers.IntegerField()
    calibrated = serializers.BooleanField()
    outcome = serializers.ChoiceField(OUTCOMES)
    exit_price = serializers.FloatField(allow_null=True)
    pnl_points = serializers.FloatField(allow_null=True)
    r_multiple = serializers.FloatField(allow_null=True)


class ComponentShape(serializers.Serializer):
    """One of six components. ``weight`` is nominal; ``effective_weight`` is what its coverage leaves of it."""

    score = NumberOrNull()
    weight = serializers.FloatField()
    effective_weight = serializers.FloatField()
    coverage = serializers.FloatField(help_text="Share of its inputs that is known")
    factors = serializers.ListField(child=serializers.CharField())


def components_of(name: str, shape: type[ComponentShape]) -> type[serializers.Serializer]:
    """Return a serializer called ``name`` with a field of ``shape`` for each of the six components."""
    fields = {component: shape() for component in WEIGHTS}
    return type(name, (serializers.Serializer,), {"__doc__": "The six components by name.", **fields})


class ChangeOut(serializers.Serializer):
    """One input that moved the score since the session before; null where it was not known."""

    component = serializers.CharField()
    input = serializers.CharField()
    title = serializers.CharField()
    before = NumberOrNull()
    after = NumberOrNull()
    points = serializers.FloatField()
    text = serializers.CharField()


class PreviousOut(serializers.Serializer):
    """The score of the session before."""

    iscore = NumberOrNull()
    session = serializers.DateField()


class ScoreShape(serializers.Serializer):
    """An I-Score after a complete session. Nulls and ``code`` INSUFFICIENT_DATA where too little is known."""

    iscore = NumberOrNull(help_text="0 to 100; the mean of the components by effective weight")
    confidence = NumberOrNull(help_text="0 to 1")
    recommendation = serializers.ChoiceField(["STRONG_BUY", "BUY", "HOLD", "SELL"], allow_null=True)
    code = serializers.CharField(allow_null=True, help_text="INSUFFICIENT_DATA below confidence 0.40")
    summary = serializers.CharField()
    score_factors = serializers.ListField(child=serializers.CharField())
    missing_inputs = serializers.ListField(child=serializers.CharField())
    coverage = serializers.FloatField()
    dispersion = NumberOrNull(help_text="Weighted deviation of the components, points")
    changes = ChangeOut(many=True, help_text="What moved it since the session before")
    previous = PreviousOut(allow_null=True)
    as_of_session = serializers.DateField(allow_null=True)
    as_of = serializers.DateTimeField()
    cached_until = serializers.DateTimeField()
    engine_version = serializers.CharField()
    params_hash = serializers.CharField()
