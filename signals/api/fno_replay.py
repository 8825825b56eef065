"""The newest replay of history."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from signals.services.fno.replay_reading import latest


class FnoReplayApi(APIView):
    """How the engine would have done on imported history."""

    class Output(serializers.Serializer):
        """The newest replay. Never mixed with live signals; everything but ``label`` is null before there is one."""

        label = serializers.CharField()
        profile = serializers.CharField(allow_null=True)
        indices = serializers.ListField(child=serializers.CharField(), allow_null=True)
        first_day = serializers.DateField(allow_null=True)
        last_day = serializers.DateField(allow_null=True)
        computed_at = serializers.DateTimeField(allow_null=True)
        engine_version = serializers.CharField(allow_null=True)
        params_hash = serializers.CharField(allow_null=True)
        data = serializers.DictField(allow_null=True, help_text="Series used and left out, sessions, minutes")
        verdict = serializers.CharField(allow_null=True, help_text="Follows from two intervals alone")
        result = serializers.DictField(
            allow_null=True, help_text="overall, shown, groups, tiers, calibration, drawdown_r, options, refits"
        )

    @extend_schema(responses=Output)
    def get(self, request: Request) -> Response:
        """Read the figures of the newest replay: sizes, calibration with bounds, results in R of the index."""
        return Response(latest())
