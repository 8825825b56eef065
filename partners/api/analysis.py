"""The two analyses on demand. Nothing is stored; an ``Idempotency-Key`` is accepted and ignored."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import Choice
from core.errors import InvalidRequest
from engines.behaviour import analyze as behaviour
from engines.behaviour.trades import Trade, in_india
from engines.exchange.naming import capitals
from engines.portfolio_risk import analyze as portfolio
from engines.portfolio_risk.book import EmptyPortfolio, Holding, OversizedHolding, UnpricedHolding
from engines.portfolio_risk.tables import AssetClass
from partners.api import reports
from partners.api.answers_reports import BehaviourAnswer, PortfolioAnswer
from partners.api.base import SYMBOL, Body, PartnerView, Text, engine_scenario, parsed, place
from partners.constants import HOLDINGS_MAX, TRADES_MAX

_WHOLE_DIGITS: Final = 16
_SMALLEST: Final = Decimal("1e-8")
_WIDE: Final = Context(prec=_WHOLE_DIGITS + 9)
_TEXT: Final = "[0-9]{1,16}([.][0-9]{1,40})?"


def _described(sign: str, least: int) -> dict[str, Any]:
    bounds = {"exclusiveMinimum": least, "exclusiveMaximum": 10**_WHOLE_DIGITS}
    return {"type": ["number", "string"], **bounds, "pattern": f"^{sign}{_TEXT}$"}


@extend_schema_field(_described("-?", -(10**_WHOLE_DIGITS)))
class Number(serializers.DecimalField):
    """A JSON number, or a text of its digits, of up to 16 digits before the point. It may have any number of digits
    behind it, as what a program calculates has, and is rounded to eight of them, a half to the even one.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=24, decimal_places=8, **options)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or (isinstance(data, str) and not re.fullmatch(f"-?{_TEXT}", data)):
            self.fail("invalid")
        return super().to_internal_value(data)

    def validate_precision(self, value: Decimal) -> Decimal:
        """Round, then refuse what has too many digits before the point."""
        if value == 0:
            return Decimal(0)
        if value.adjusted() < _WHOLE_DIGITS:
            value = value.quantize(_SMALLEST, rounding=ROUND_HALF_EVEN, context=_WIDE)
        return super().validate_precision(value)


@extend_schema_field(_described("", 0))
class Positive(Number):
    """A number above zero."""

    def to_internal_value(self, data: Any) -> Decimal:
        value = super().to_internal_value(data)
        if not value > 0:
            raise serializers.ValidationError("It must be above zero.", code="min_value")
        return value


class Symbol(Text):
    """A trading symbol in any case."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, **options)

    def to_internal_value(self, data: Any) -> str:
        text = capitals(super().to_internal_value(data))
        if not SYMBOL.fullmatch(text):
            raise serializers.ValidationError("It is no trading symbol.", code="invalid")
        return text


class HoldingInput(Body):
    """One holding."""

    symbol = Symbol()
    qty = Positive()
    avg_price = Number(min_value=0)
    current_price = Number(min_value=0, required=False, allow_null=True, default=None)
    sector = Text(max_length=60, required=False, allow_blank=True, allow_null=True, default=None)
    asset_class = Choice([c.value for c in AssetClass], default=AssetClass.EQUITIES.value)


class ChangeInput(Body):
    """A purchase (``qty`` above zero) or sale (below) that is only thought of."""

    symbol = Symbol()
    qty = Number()
    price = Positive(required=False, allow_null=True, default=None)
    sector = Text(max_length=60, required=False, allow_blank=True, allow_null=True, default=None)
    asset_class = Choice(
        [c.value for c in AssetClass], required=False, allow_null=True, default=None,
        help_text="Left out: as it is held; Equities where it is not",
    )  # fmt: skip

    def validate_qty(self, value: Decimal) -> Decimal:
        """Refuse a change of nothing."""
        if value == 0:
            raise serializers.ValidationError("It must not be zero.", code="zero")
        return value


class PortfolioInput(Body):
    """Up to fifty holdings. ``what_if``: changes whose effect is told beside the analysis."""

    currency = Choice(["INR"], default="INR")
    holdings = HoldingInput(many=True, min_length=1, max_length=HOLDINGS_MAX)
    what_if = ChangeInput(many=True, required=False, default=list, max_length=HOLDINGS_MAX)


class PortfolioApi(PartnerView):
    """Risk of a list of holdings."""

    @extend_schema(request=PortfolioInput, responses=PortfolioAnswer, examples=[reports.PORTFOLIO_EXAMPLE])
    def post(self, request: Request) -> Response:
        """Analyse a portfolio: risk score, concentration, allocation, warnings, recommendations."""
        engine_scenario(request)
        data = parsed(PortfolioInput, request)
        holdings = [_holding(row) for row in data["holdings"]]
        found = _analysed(holdings, "holdings")
        answer = reports.portfolio_report(found, currency=data["currency"], rows=len(holdings))
        if data["what_if"]:
            answer["what_if"] = reports.what_if_report(found, _changed(holdings, data["what_if"]))
        return Response({"success": True} | answer)


def _holding(row: dict[str, Any]) -> Holding:
    return Holding(
        symbol=row["symbol"],
        qty=row["qty"],
        avg_price=row["avg_price"],
        current_price=row["current_price"],
        sector=(row["sector"] or "").strip() or None,
        asset_class=AssetClass(row["asset_class"]),
    )


def _analysed(holdings: Sequence[Holding], where: str) -> portfolio.Analysis:
    try:
        return portfolio.analyze(holdings)
    except UnpricedHolding as exc:
        raise place(where, exc.index, "avg_price", str(exc)) from None
    except OversizedHolding as exc:
        if where == "holdings":
            raise place(where, exc.index, "qty", str(exc)) from None
        raise InvalidRequest(f"{where}: {exc}") from None  # the place is one among what is held afterwards
    except EmptyPortfolio as exc:
        raise InvalidRequest(f"{where}: {exc}") from None


def _changed(holdings: Sequence[Holding], rows: list[dict[str, Any]]) -> portfolio.Analysis:
    changes = [
        portfolio.Change(
            symbol=row["symbol"],
            qty=row["qty"],
            price=row["price"],
            sector=(row["sector"] or "").strip() or None,
            asset_class=None if row["asset_class"] is None else AssetClass(row["asset_class"]),
        )
        for row in rows
    ]
    try:
        after = portfolio.apply_changes(holdings, changes)
    except portfolio.ImpossibleChange as exc:
        raise place("what_if", exc.index, "qty", str(exc)) from None
    return _analysed(after, "what_if")


class Moment(Text):
    """An ISO 8601 time; one without a zone is Indian time."""

    def to_internal_value(self, data: Any) -> datetime:
        text = super().to_internal_value(data)[:60]
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise serializers.ValidationError("It is no ISO 8601 time.", code="invalid") from None
        if "T" not in text and " " not in text:
            raise serializers.ValidationError("A date without a time of day says too little.", code="invalid")
        if not 1990 <= moment.year <= 2100:
            raise serializers.ValidationError("The year is out of range.", code="invalid")
        return in_india(moment)


class TradeInput(Body):
    """One trade; ``pnl`` and ``exit_time`` of those that are closed."""

    symbol = Symbol()
    side = Choice(["BUY", "SELL"])
    qty = Positive()
    price = Positive()
    entry_time = Moment()
    exit_time = Moment(required=False, allow_null=True, default=None)
    pnl = Number(required=False, allow_null=True, default=None)
    segment = Choice(["EQ", "FNO", "MCX"], default="EQ")
    strategy = Text(max_length=60, required=False, allow_blank=True, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an exit before the entry."""
        if attrs["exit_time"] is not None and attrs["exit_time"] < attrs["entry_time"]:
            raise serializers.ValidationError({"exit_time": "It is before entry_time."})
        return attrs


class BehaviourInput(Body):
    """Up to a hundred trades. ``lookback`` is echoed."""

    lookback = Text(max_length=60, required=False, allow_blank=True, default="")
    trades = TradeInput(many=True, min_length=1, max_length=TRADES_MAX)


class BehaviourApi(PartnerView):
    """Trading behaviour of a list of trades."""

    @extend_schema(request=BehaviourInput, responses=BehaviourAnswer, examples=[reports.BEHAVIOUR_EXAMPLE])
    def post(self, request: Request) -> Response:
        """Analyse behaviour: eight patterns, a discipline score, statistics, coaching."""
        engine_scenario(request)
        data = parsed(BehaviourInput, request)
        trades = [_trade(row) for row in data["trades"]]
        found, replayed = behaviour.analyze(trades), behaviour.with_cool_down(trades)
        report = reports.behaviour_report(found, replayed, trades=trades, lookback=data["lookback"])
        return Response({"success": True} | report)


def _trade(row: dict[str, Any]) -> Trade:
    return Trade(
        symbol=row["symbol"],
        side=row["side"],
        qty=float(row["qty"]),
        price=float(row["price"]),
        entry_time=row["entry_time"],
        exit_time=row["exit_time"],
        pnl=row["pnl"],
        segment=row["segment"],
        strategy=(row["strategy"] or "").strip() or None,
    )
