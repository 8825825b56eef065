"""Answers of the two analyses as the description of the partner surface has them. Money in rupees."""

from rest_framework import serializers

from partners.api.answers import PartnerAnswer


class PortfolioSummaryOut(serializers.Serializer):
    """A portfolio in one line. ``risk_score`` 0 to 100, higher is riskier; ``concentration_hhi`` above 2500 is much."""

    currency = serializers.CharField()
    holdings_count = serializers.IntegerField()
    sector_count = serializers.IntegerField()
    total_invested = serializers.FloatField(allow_null=True)
    total_current_value = serializers.FloatField(allow_null=True)
    total_pnl = serializers.FloatField(allow_null=True)
    total_pnl_pct = serializers.FloatField(allow_null=True)
    risk_score = serializers.FloatField()
    risk_grade = serializers.CharField(help_text="Conservative, Balanced, Aggressive or Highly Aggressive")
    concentration_hhi = serializers.FloatField()
    concentration_label = serializers.CharField()
    effective_holdings = serializers.FloatField()
    top_holding_pct = serializers.FloatField()
    top_holding_symbol = serializers.CharField()
    warnings_count = serializers.IntegerField()
    engine_version = serializers.CharField()


class PortfolioHoldingOut(serializers.Serializer):
    """A holding, rows of one symbol folded."""

    symbol = serializers.CharField()
    asset_class = serializers.CharField()
    sector = serializers.CharField(allow_null=True)
    qty = serializers.FloatField()
    avg_price = serializers.FloatField(allow_null=True)
    current_price = serializers.FloatField()
    invested = serializers.FloatField(allow_null=True)
    current_value = serializers.FloatField()
    pnl = serializers.FloatField(allow_null=True)
    pnl_pct = serializers.FloatField(allow_null=True)
    weight_pct = serializers.FloatField()


class PortfolioSliceOut(serializers.Serializer):
    """A sector's or class's part."""

    name = serializers.CharField()
    weight_pct = serializers.FloatField()
    value = serializers.FloatField()
    count = serializers.IntegerField()


class PortfolioHeatOut(serializers.Serializer):
    """A cell of the heat map; ``risk_score`` 1 to 10."""

    symbol = serializers.CharField()
    weight_pct = serializers.FloatField()
    risk_score = serializers.FloatField()
    asset_class = serializers.CharField()


class PortfolioWarningOut(serializers.Serializer):
    """A warning. ``subject``: the symbol, sector or class; null for the whole portfolio."""

    type = serializers.CharField()
    severity = serializers.CharField()
    message = serializers.CharField()
    subject = serializers.CharField(allow_null=True)


class PortfolioDetailsOut(serializers.Serializer):
    """The portfolio in full."""

    holdings = PortfolioHoldingOut(many=True)
    sector_allocation = PortfolioSliceOut(many=True)
    asset_allocation = PortfolioSliceOut(many=True)
    risk_heatmap = PortfolioHeatOut(many=True)
    risk_parts = serializers.DictField(child=serializers.FloatField(allow_null=True))
    warnings = PortfolioWarningOut(many=True)
    recommendations = serializers.ListField(child=serializers.CharField())


class FigureMovedOut(serializers.Serializer):
    """A figure before and after."""

    before = serializers.FloatField()
    after = serializers.FloatField()
    change = serializers.FloatField()


class PortfolioWhatIfOut(serializers.Serializer):
    """The figures after the changes of ``what_if``."""

    risk_grade = serializers.CharField()
    top_holding_symbol = serializers.CharField()
    risk_score = FigureMovedOut()
    concentration_hhi = FigureMovedOut()
    top_holding_pct = FigureMovedOut()
    total_current_value = FigureMovedOut()
    warnings_count = FigureMovedOut()
    warnings = serializers.ListField(child=serializers.CharField())


class PortfolioAnswer(PartnerAnswer):
    """``what_if``: where the request had some."""

    summary = PortfolioSummaryOut()
    details = PortfolioDetailsOut()
    what_if = PortfolioWhatIfOut(required=False)


class BehaviourSummaryOut(serializers.Serializer):
    """Behaviour in one line. ``discipline_score`` 0 to 100, null without a closed trade."""

    lookback = serializers.CharField(allow_blank=True)
    discipline_score = serializers.IntegerField(allow_null=True)
    discipline_grade = serializers.CharField()
    total_trades = serializers.IntegerField()
    closed_trades = serializers.IntegerField()
    win_rate_pct = serializers.FloatField(allow_null=True)
    profit_factor = serializers.FloatField(allow_null=True)
    total_pnl = serializers.FloatField()
    patterns_detected = serializers.IntegerField()
    top_concern = serializers.CharField(allow_null=True)
    low_confidence = serializers.BooleanField()
    engine_version = serializers.CharField()


class BehaviourPatternOut(serializers.Serializer):
    """One of eight patterns. ``n``: trades it rests on; ``sufficient``: if they are enough to judge."""

    pattern = serializers.CharField()
    detected = serializers.BooleanField()
    severity = serializers.CharField()
    evidence = serializers.CharField()
    metric = serializers.DictField()
    n = serializers.IntegerField()
    sufficient = serializers.BooleanField()


class SymbolPnlOut(serializers.Serializer):
    """What came of one symbol."""

    symbol = serializers.CharField()
    pnl = serializers.FloatField()


class BehaviourStatsOut(serializers.Serializer):
    """Plain figures. ``top_5_symbols``: pairs of symbol and number of trades."""

    win_rate_pct = serializers.FloatField(allow_null=True)
    avg_win = serializers.FloatField(allow_null=True)
    avg_loss = serializers.FloatField(allow_null=True)
    profit_factor = serializers.FloatField(allow_null=True)
    total_pnl = serializers.FloatField()
    segment_breakdown = serializers.DictField(child=serializers.IntegerField())
    strategy_breakdown = serializers.DictField(child=serializers.IntegerField())
    top_5_symbols = serializers.ListField(child=serializers.ListField())
    hourly_distribution = serializers.DictField(child=serializers.IntegerField())
    best_symbol = SymbolPnlOut(allow_null=True)
    worst_symbol = SymbolPnlOut(allow_null=True)


class BehaviourTradeOut(serializers.Serializer):
    """A trade as it was sent, with the patterns it shows. ``index``: its place in the request."""

    index = serializers.IntegerField()
    symbol = serializers.CharField()
    strategy = serializers.CharField(allow_null=True)
    patterns = serializers.ListField(child=serializers.CharField())


class BehaviourWhatIfOut(serializers.Serializer):
    """The same trades under the proposed rule."""

    rule = serializers.CharField()
    skipped_trades = serializers.IntegerField()
    total_pnl = serializers.FloatField()
    difference = serializers.FloatField()


class BehaviourDetailsOut(serializers.Serializer):
    """Behaviour in full."""

    patterns = BehaviourPatternOut(many=True)
    stats = BehaviourStatsOut()
    recommendations = serializers.ListField(child=serializers.CharField())
    trades = BehaviourTradeOut(many=True)
    what_if = BehaviourWhatIfOut()
    note = serializers.CharField()


class BehaviourAnswer(PartnerAnswer):
    """Behaviour of a list of trades."""

    summary = BehaviourSummaryOut()
    details = BehaviourDetailsOut()
