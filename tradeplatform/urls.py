"""Every address of the platform."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from core.views import unknown_path
from tradeplatform.docs import ApiDocs, ApiSchema

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="market"), name="home"),
    path("", include("accounts.urls")),
    path("", include("market.urls")),
    path("", include("signals.urls")),
    path("", include("backtest.urls")),
    path("", include("partners.urls")),
    path("admin/", admin.site.urls),
    path("api/schema", ApiSchema.as_view(), name="schema"),
    path("api/docs", ApiDocs.as_view(), name="docs"),
    re_path(r"^(?:api|zerodha|icici)(?:/|$)", unknown_path),
]

handler400 = "core.views.bad_request"
handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "core.views.server_error"
