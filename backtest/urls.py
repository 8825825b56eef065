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

WALK = {"kind": Study.Kind.WALK_FORWARD}

urlpatterns = [
    path("backtests/", BacktestsPage.as_view(), name="backtests"),
    path("backtests/new/", NewBacktestPage.as_view(), name="backtest-new"),
    path("backtests/guide/", GuidePage.as_view(), name="backtest-guide"),
    path("backtests/<int:run_id>/", ReportPage.as_view(), name="backtest"),
    path("backtests/compare/", ComparePage.as_view(), name="backtest-compare"),
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
