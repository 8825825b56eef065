from django.urls import path

from signals.api.disclosure import RiskDisclosureApi
from signals.api.fno import FnoChainApi, FnoHistoryApi, FnoLiveApi, FnoSignalApi, FnoTrackRecordApi
from signals.api.fno_replay import FnoReplayApi
from signals.api.iscore import IScoreApi, IScoreHistoryApi, IScoreTableApi
from signals.api.notices import NotificationsFeedApi, NotificationsReadApi
from signals.api.patterns import PatternsApi, ScanApi, SimilarApi
from signals.api.record import RecordApi, RecordVerifyApi
from signals.api.strategies import ForkApi, ShareApi, StrategiesApi, StrategyApi
from signals.api.strategy_tools import ImportApi, MatchesApi, SchemaApi, UnsavedMatchesApi, ValidateApi
from signals.api.strategy_versions import DiffApi, ExportApi, VersionApi, VersionsApi
from signals.pages.fno import SignalsPage
from signals.pages.fno_record import TrackRecordPage
from signals.pages.iscore import IScoreCard, IScorePage, IScoreStockPage
from signals.pages.patterns import PatternsPage
from signals.pages.strategies import NewStrategyPage, StrategiesPage, StrategyPage

urlpatterns = [
    path("signals/", SignalsPage.as_view(), name="signals"),
    path("signals/record/", TrackRecordPage.as_view(), name="track-record"),
    path("iscore/", IScorePage.as_view(), name="iscore"),
    path("iscore/card/<str:symbol>/", IScoreCard.as_view(), name="iscore-card"),
    path("iscore/<str:symbol>/", IScoreStockPage.as_view(), name="iscore-stock"),
    path("patterns/", PatternsPage.as_view(), name="patterns"),
    path("strategies/", StrategiesPage.as_view(), name="strategies"),
    path("strategies/new/", NewStrategyPage.as_view(), name="strategy-new"),
    path("strategies/<str:key>/", StrategyPage.as_view(), name="strategy"),
    path("api/fno/live", FnoLiveApi.as_view()),
    path("api/fno/chain", FnoChainApi.as_view()),
    path("api/fno/history", FnoHistoryApi.as_view()),
    path("api/fno/signals/<str:trade_code>", FnoSignalApi.as_view()),
    path("api/fno/risk-disclosure", RiskDisclosureApi.as_view()),
    path("api/fno/track-record", FnoTrackRecordApi.as_view()),
    path("api/fno/replay", FnoReplayApi.as_view()),
    path("api/iscore", IScoreTableApi.as_view()),
    path("api/iscore/<str:symbol>", IScoreApi.as_view()),
    path("api/iscore/<str:symbol>/history", IScoreHistoryApi.as_view()),
    path("api/patterns", PatternsApi.as_view()),
    path("api/patterns/similar", SimilarApi.as_view()),
    path("api/patterns/scan", ScanApi.as_view()),
    path("api/notifications", NotificationsFeedApi.as_view()),
    path("api/notifications/read", NotificationsReadApi.as_view()),
    path("api/record", RecordApi.as_view()),
    path("api/record/verify", RecordVerifyApi.as_view()),
    path("api/strategies", StrategiesApi.as_view()),
    path("api/strategies/schema", SchemaApi.as_view()),
    path("api/strategies/validate", ValidateApi.as_view()),
    path("api/strategies/import", ImportApi.as_view()),
    path("api/strategies/matches", UnsavedMatchesApi.as_view()),
    path("api/strategies/<str:key>", StrategyApi.as_view()),
    path("api/strategies/<str:key>/fork", ForkApi.as_view()),
    path("api/strategies/<str:key>/share", ShareApi.as_view()),
    path("api/strategies/<str:key>/matches", MatchesApi.as_view()),
    path("api/strategies/<str:key>/export", ExportApi.as_view()),
    path("api/strategies/<str:key>/versions", VersionsApi.as_view()),
    path("api/strategies/<str:key>/versions/<int:number>", VersionApi.as_view()),
    path("api/strategies/<str:key>/diff", DiffApi.as_view()),
]
