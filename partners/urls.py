from django.urls import path

from partners.api.admin import KeyApi, PartnerKeysApi, PartnersApi
from partners.api.analysis import BehaviourApi, PortfolioApi
from partners.api.catalogue import ErrorsApi
from partners.api.deliveries import DeliveriesApi, ResendApi, ResendFailedApi, WebhookTestApi
from partners.api.engines import HistoryApi, IScoreApi, IScoreBatchApi, LiveApi
from partners.api.me import MeApi
from partners.api.subscriptions import SubscriptionApi, SubscriptionsApi

V1 = "api/partner/v1/"

urlpatterns = [
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
]
