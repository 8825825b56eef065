"""The code catalogue; no key is needed."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from partners.api.answers import PartnerCodesAnswer
from partners.catalogue import ERRORS


class ErrorsApi(APIView):
    """Every code the partner surface answers with."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(responses=PartnerCodesAnswer)
    def get(self, request: Request) -> Response:
        """List the codes: what each means and whether trying again is safe."""
        rows = [
            {"code": code, "http_status": status, "meaning": meaning, "retry_safe": safe}
            for code, status, meaning, safe in ERRORS
        ]
        return Response({"success": True, "count": len(rows), "errors": rows})
