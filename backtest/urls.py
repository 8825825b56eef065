from django.urls import path

from backtest.api.jobs import JobApi
from backtest.api.options import OptionsApi
from backtest.api.runs import CompareApi, OneRunApi, RunApi, RunsApi
from backtest.api.studies import CancelApi, OneStudyApi, SweepApi, SweepsApi, WalkForwardApi
from backtest.models import Study
from backtest.pages.compare import ComparePage
from backtest.pages.guide import GuidePage
from backtest.pages.listing import BacktestsPage
from backtest.pages.new import NewBacktestPage
from backtest.pages.report import ReportPage
from backtest.pages.sweeps import NewSweepPage, SweepPage, SweepsPage
from backtest.pages.walk_forward import NewWalkForwardPage, WalkForwardPage, WalkForwardsPage

WALK = {"kind": Study.Kind.WALK_FORWARD}

urlpatterns = [
    path("backtests/", BacktestsPage.as_view(), name="backtests"),
    path("backtests/new/", NewBacktestPage.as_view(), name="backtest-new"),
    path("backtests/guide/", GuidePage.as_view(), name="backtest-guide"),
    path("backtests/<int:run_id>/", ReportPage.as_view(), name="backtest"),
    path("backtests/compare/", ComparePage.as_view(), name="backtest-compare"),
    path("backtests/sweep/new/", NewSweepPage.as_view(), name="sweep-new"),
    path("backtests/sweeps/", SweepsPage.as_view(), name="sweeps"),
    path("backtests/sweeps/<int:study_id>/", SweepPage.as_view(), name="sweep"),
    path("backtests/walk-forward/", WalkForwardsPage.as_view(), name="walk-forwards"),
    path("backtests/walk-forward/new/", NewWalkForwardPage.as_view(), name="walk-forward-new"),
    path("backtests/walk-forward/<int:study_id>/", WalkForwardPage.as_view(), name="walk-forward"),
    path("api/backtest/options", OptionsApi.as_view()),
    path("api/backtest/jobs/<str:kind>/<int:number>", JobApi.as_view()),
    path("api/backtest/run", RunApi.as_view()),
    path("api/backtest/runs", RunsApi.as_view()),
    path("api/backtest/runs/<int:run_id>", OneRunApi.as_view()),
    path("api/backtest/compare", CompareApi.as_view()),
    path("api/backtest/sweep", SweepApi.as_view()),
    path("api/backtest/sweeps", SweepsApi.as_view()),
    path("api/backtest/sweeps/<int:study_id>", OneStudyApi.as_view()),
    path("api/backtest/sweeps/<int:study_id>/cancel", CancelApi.as_view()),
    path("api/backtest/walk-forward", WalkForwardApi.as_view()),
    path("api/backtest/walk-forward/<int:study_id>", OneStudyApi.as_view(**WALK)),
    path("api/backtest/walk-forward/<int:study_id>/cancel", CancelApi.as_view(**WALK)),
]
