"""The OpenAPI document and its reader."""

from django.http import HttpResponse
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request

from core.api.errors import USER, translate
from core.api.responses import error_response


class _UserErrors:
    """Failures as everywhere under ``/api/``, not in the form of the document or the page."""

    request: Request

    def handle_exception(self, exc: Exception) -> HttpResponse:
        return error_response(self.request._request, translate(exc), USER)


@extend_schema(exclude=True)
class ApiSchema(_UserErrors, SpectacularAPIView):
    """OpenAPI 3.1 of all surfaces, as JSON."""

    renderer_classes = (OpenApiJsonRenderer,)
    permission_classes = ()
    authentication_classes = ()


@extend_schema(exclude=True)
class ApiDocs(_UserErrors, SpectacularSwaggerView):
    """Swagger UI, served from our own static files."""

    renderer_classes = (TemplateHTMLRenderer,)
    permission_classes = ()
    authentication_classes = ()
    url_name = "schema"
