from django.urls import path, re_path

from partners.api.admin import KeyApi, PartnerKeysApi, PartnersApi
from partners.api.analysis import BehaviourApi, PortfolioApi
from partners.api.base import UnknownAddress
from partners.api.catalogue import ErrorsApi
from partners.api.client_package import ClientPackage
from partners.api.console import (
    ConsoleApi,
    ConsoleKeyApi,
    ConsoleKeysApi,
    ConsoleResumeApi,
    ConsoleSecretApi,
    ConsoleTestApi,
    ConsoleWebhookApi,
)
from partners.api.console_rows import (
    ConsoleDeliveriesApi,
    ConsoleResendApi,
    ConsoleResendFailedApi,
    ConsoleSubscriptionApi,
    ConsoleSubscriptionsApi,
)
from partners.api.deliveries import DeliveriesApi, ResendApi, ResendFailedApi, WebhookTestApi
from partners.api.docs import DocsPage
from partners.api.engines import HistoryApi, IScoreApi, IScoreBatchApi, LiveApi
from partners.api.me import MeApi
from partners.api.subscriptions import SubscriptionApi, SubscriptionsApi
from partners.pages.console import (
    DeliveriesPage,
    KeysPage,
    OverviewPage,
    SubscriptionsPage,
    TryPage,
    WebhookPage,
)

V1 = "api/partner/v1/"
CONSOLE = "api/partner-console"

urlpatterns = [
    path("partner/", OverviewPage.as_view(), name="partner"),
    path("partner/keys/", KeysPage.as_view(), name="partner-keys"),
    path("partner/subscriptions/", SubscriptionsPage.as_view(), name="partner-subscriptions"),
    path("partner/deliveries/", DeliveriesPage.as_view(), name="partner-deliveries"),
    path("partner/webhook/", WebhookPage.as_view(), name="partner-webhook"),
    path("partner/try/", TryPage.as_view(), name="partner-try"),
    path(CONSOLE, ConsoleApi.as_view()),
    path(f"{CONSOLE}/keys", ConsoleKeysApi.as_view()),
    path(f"{CONSOLE}/keys/<int:key_id>", ConsoleKeyApi.as_view()),
    path(f"{CONSOLE}/webhook", ConsoleWebhookApi.as_view()),
    path(f"{CONSOLE}/webhook/secret", ConsoleSecretApi.as_view()),
    path(f"{CONSOLE}/webhook/resume", ConsoleResumeApi.as_view()),
    path(f"{CONSOLE}/webhook/test", ConsoleTestApi.as_view()),
    path(f"{CONSOLE}/subscriptions", ConsoleSubscriptionsApi.as_view()),
    path(f"{CONSOLE}/subscriptions/<int:subscription_id>", ConsoleSubscriptionApi.as_view()),
    path(f"{CONSOLE}/deliveries", ConsoleDeliveriesApi.as_view()),
    path(f"{CONSOLE}/deliveries/resend-failed", ConsoleResendFailedApi.as_view()),
    path(f"{CONSOLE}/deliveries/<int:delivery_id>/resend", ConsoleResendApi.as_view()),
    path(f"{V1}docs", DocsPage.as_view(), name="partner-docs"),
    path(f"{V1}docs/client.tar.gz", ClientPackage.as_view(), name="partner-client"),
    path(f"{V1}me", MeApi.as_view()),
    path(f"{V1}errors", ErrorsApi.as_view()),
    path(f"{V1}fno/signals/live", LiveApi.as_view()),
    path(f"{V1}fno/signals/history", HistoryApi.as_view()),
    path(f"{V1}iscore/batch", IScoreBatchApi.as_view()),
    path(f"{V1}iscore/<str:symbol>", IScoreApi.as_view()),
    path(f"{V1}subscriptions", SubscriptionsApi.as_view()),
    path(f"{V1}subscriptions/<int:subscription_id>", SubscriptionApi.as_view()),
    path(f"{V1}portfolio/analyze", PortfolioApi.as_view()),
    path(f"{V1}behaviour/analyze", BehaviourApi.as_view()),
    path(f"{V1}deliveries", DeliveriesApi.as_view()),
    path(f"{V1}deliveries/resend-failed", ResendFailedApi.as_view()),
    path(f"{V1}deliveries/<int:delivery_id>/resend", ResendApi.as_view()),
    path(f"{V1}webhooks/test", WebhookTestApi.as_view()),
    path(f"{V1}admin/partners", PartnersApi.as_view()),
    path(f"{V1}admin/partners/<int:partner_id>/keys", PartnerKeysApi.as_view()),
    path(f"{V1}admin/keys/<int:key_id>", KeyApi.as_view()),
    re_path(f"^{V1}", UnknownAddress.as_view()),
]
