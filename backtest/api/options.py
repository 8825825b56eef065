"""What a backtest may be made of: for forms."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backtest.services.options import options
from core import clock


class OptionsApi(APIView):
    """Choices and limits."""

    class Output(serializers.Serializer):
        universes = serializers.ListField(child=serializers.DictField())
        costs = serializers.ListField(child=serializers.CharField())
        defaults = serializers.DictField()
        limits = serializers.DictField()
        sweep_numbers = serializers.ListField(child=serializers.CharField())
        flags = serializers.DictField(child=serializers.CharField())
        tries = serializers.IntegerField(help_text="Different backtests the caller has tried")

    @extend_schema(responses=Output)
    def get(self, request: Request) -> Response:
        """Read universes, cost plans, defaults, limits and what the flags mean."""
        return Response(options(user=request.user, now=clock.now()))
