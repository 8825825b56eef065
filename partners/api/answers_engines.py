"""Answers of the two engines as the description of the partner surface has them."""

from rest_framework import serializers

from partners.api.answers import CountedAnswer, PartnerAnswer

DIRECTIONS = ("BULLISH", "BEARISH", "NEUTRAL")
SOURCES = ("broker", "delayed", "simulated")
MODES = ("BREAKOUT", "PULLBACK", "CONTINUATION", "REVERSAL", "NONE")


class PartnerTradeOut(serializers.Serializer):
    """One of three ranked ways to trade the direction: a bought option. ``max_loss_per_lot``: rupees at the stop."""

    type = serializers.ChoiceField(["ATM", "OTM", "ITM"])
    strike = serializers.FloatField()
    option_type = serializers.ChoiceField(["CE", "PE"])
    tradingsymbol = serializers.CharField(allow_null=True)
    expiry = serializers.DateField(allow_null=True)
    ltp = serializers.FloatField(allow_null=True)
    iv = serializers.FloatField(allow_null=True, help_text="Volatility, a fraction a year")
    delta = serializers.FloatField(allow_null=True)
    entry_price = serializers.FloatField(allow_null=True)
    sl = serializers.FloatField(allow_null=True)
    target = serializers.FloatField(allow_null=True)
    lot_size = serializers.IntegerField(allow_null=True)
    max_loss_per_lot = serializers.FloatField(allow_null=True)
    rank = serializers.IntegerField()
    risk = serializers.ChoiceField(["LOW", "MEDIUM", "HIGH"])
    expected_r = serializers.FloatField(allow_null=True, help_text="In multiples of the risk, after costs")
    avoid = serializers.BooleanField()


class PartnerLayersOut(serializers.Serializer):
    """What the confidence is made of."""

    direction = serializers.DictField(help_text="d, q, agreement, kept_minutes, votes")
    strength = serializers.DictField(help_text="s, coverage, iv_rank, parts")
    filters = serializers.DictField(help_text="checks, softeners, discipline")


class PartnerAnalysisOut(serializers.Serializer):
    """An index at one instant. ``vetoes``: why it is not actionable, as codes; ``veto_words``: in sentences."""

    trade_direction = serializers.ChoiceField(DIRECTIONS)
    confidence = serializers.IntegerField(help_text="0 to 100; at most 74 while calibrated is false")
    confidence_grade = serializers.ChoiceField(["Strong", "Moderate", "Weak", "None"])
    tier = serializers.ChoiceField(["HIGH", "REGULAR", "AGGRESSIVE"], allow_null=True, help_text="null below 50")
    entry_mode = serializers.ChoiceField(MODES)
    atm_strike = serializers.FloatField(allow_null=True)
    spot_price = serializers.FloatField(allow_null=True)
    expiry = serializers.DateField(allow_null=True)
    lot_size = serializers.IntegerField(allow_null=True)
    trades = PartnerTradeOut(many=True)
    layers = PartnerLayersOut()
    actionable = serializers.BooleanField()
    vetoes = serializers.ListField(child=serializers.CharField())
    veto_words = serializers.ListField(child=serializers.CharField())
    market_phase = serializers.CharField()
    data_source = serializers.ChoiceField(SOURCES, allow_null=True)
    provider = serializers.CharField(allow_null=True)
    data_age_s = serializers.FloatField(allow_null=True)
    as_of = serializers.DateTimeField(allow_null=True)
    calibrated = serializers.BooleanField()
    engine_version = serializers.CharField()


class PartnerLiveAnswer(PartnerAnswer):
    """The analysis of this minute."""

    index = serializers.CharField()
    analysis = PartnerAnalysisOut()


class PartnerSignalOut(serializers.Serializer):
    """A signal that fired and what became of it; prices are those of the trade at the money."""

    engine = serializers.CharField()
    event = serializers.CharField()
    index = serializers.CharField()
    symbol = serializers.CharField()
    score = serializers.IntegerField()
    confidence = serializers.IntegerField()
    tier = serializers.CharField(allow_null=True)
    trade_direction = serializers.ChoiceField(DIRECTIONS)
    entry_mode = serializers.CharField()
    atm_strike = serializers.FloatField()
    entry_price = serializers.FloatField()
    sl = serializers.FloatField()
    target = serializers.FloatField()
    trade_code = serializers.CharField()
    data_source = serializers.ChoiceField(SOURCES)
    provider = serializers.CharField()
    timestamp = serializers.DateTimeField()
    tradingsymbol = serializers.CharField()
    option_type = serializers.CharField()
    expiry = serializers.DateField()
    lot_size = serializers.IntegerField()
    calibrated = serializers.BooleanField()
    status = serializers.ChoiceField(["OPEN", "CLOSED"])
    outcome = serializers.ChoiceField(["OPEN", "TARGET", "SL", "TIME_EXIT", "EXPIRED"])
    exit_price = serializers.FloatField(allow_null=True)
    pnl_points = serializers.FloatField(allow_null=True)
    r_multiple = serializers.FloatField(allow_null=True)


class PartnerHistoryAnswer(CountedAnswer):
    """Signals, newest first."""

    index = serializers.CharField()
    days = serializers.IntegerField()
    signals = PartnerSignalOut(many=True)


class PartnerComponentOut(serializers.Serializer):
    """One of six components. ``weight`` is nominal; ``effective_weight`` is what its coverage leaves of it."""

    score = serializers.FloatField(allow_null=True)
    weight = serializers.FloatField()
    effective_weight = serializers.FloatField()
    coverage = serializers.FloatField(help_text="Share of its inputs that is known")
    factors = serializers.ListField(child=serializers.CharField())


class PartnerComponentsOut(serializers.Serializer):
    """The six components by name."""

    qualitative = PartnerComponentOut()
    quantitative = PartnerComponentOut()
    trend = PartnerComponentOut()
    risk = PartnerComponentOut()
    search = PartnerComponentOut()
    market_context = PartnerComponentOut()


class PartnerScoreBeforeOut(serializers.Serializer):
    """The score of the session before."""

    iscore = serializers.FloatField(allow_null=True)
    session = serializers.DateField()


class PartnerScoreOut(serializers.Serializer):
    """An I-Score after a complete session. Nulls and ``code`` INSUFFICIENT_DATA where too little is known."""

    iscore = serializers.FloatField(allow_null=True, help_text="0 to 100; the mean of the components by their weight")
    confidence = serializers.FloatField(allow_null=True, help_text="0 to 1")
    recommendation = serializers.ChoiceField(["STRONG_BUY", "BUY", "HOLD", "SELL"], allow_null=True)
    code = serializers.CharField(allow_null=True)
    summary = serializers.CharField()
    components = PartnerComponentsOut()
    score_factors = serializers.ListField(child=serializers.CharField())
    missing_inputs = serializers.ListField(child=serializers.CharField())
    coverage = serializers.FloatField()
    dispersion = serializers.FloatField(allow_null=True)
    changes = serializers.ListField(child=serializers.DictField(), help_text="What moved it since the session before")
    previous = PartnerScoreBeforeOut(allow_null=True)
    as_of_session = serializers.DateField(allow_null=True)
    as_of = serializers.DateTimeField()
    cached_until = serializers.DateTimeField()
    data_source = serializers.ChoiceField(SOURCES, allow_null=True)
    provider = serializers.CharField(allow_null=True)
    engine_version = serializers.CharField()
    params_hash = serializers.CharField()


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
