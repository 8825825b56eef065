from django.urls import include, path

from market.api.candles import CandlesApi, IndicatorsApi
from market.api.instruments import InstrumentsApi, UniverseApi
from market.api.overview import OverviewApi, QuoteApi, StatusApi
from market.api.public import HealthApi, IciciStatusApi, IndexSnapshotApi, LivePricesApi, ZerodhaStatusApi
from market.api.watchlists import WatchlistApi, WatchlistsApi
from market.pages.styleguide import StyleGuidePage

urlpatterns = [
    path("market/", include("market.pages.urls")),
    path("styleguide", StyleGuidePage.as_view(), name="styleguide"),
    path("api/index/snapshot", IndexSnapshotApi.as_view()),
    path("api/portfolio/live-prices", LivePricesApi.as_view()),
    path("api/health", HealthApi.as_view()),
    path("zerodha/status", ZerodhaStatusApi.as_view()),
    path("icici/status", IciciStatusApi.as_view()),
    path("api/market/status", StatusApi.as_view()),
    path("api/market/overview", OverviewApi.as_view()),
    path("api/market/quote", QuoteApi.as_view()),
    path("api/market/candles", CandlesApi.as_view()),
    path("api/market/indicators", IndicatorsApi.as_view()),
    path("api/market/instruments", InstrumentsApi.as_view()),
    path("api/market/universes/<str:name>", UniverseApi.as_view()),
    path("api/market/watchlists", WatchlistsApi.as_view()),
    path("api/market/watchlists/<int:watchlist_id>", WatchlistApi.as_view()),
]
