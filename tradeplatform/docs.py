"""The OpenAPI document and its reader."""

from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.renderers import TemplateHTMLRenderer


@extend_schema(exclude=True)
class ApiSchema(SpectacularAPIView):
    """OpenAPI 3.1 of all surfaces, as JSON."""

    renderer_classes = (OpenApiJsonRenderer,)
    permission_classes = ()
    authentication_classes = ()


@extend_schema(exclude=True)
class ApiDocs(SpectacularSwaggerView):
    """Swagger UI, served from our own static files."""

    renderer_classes = (TemplateHTMLRenderer,)
    permission_classes = ()
    authentication_classes = ()
    url_name = "schema"
