from django.apps import AppConfig


class BacktestConfig(AppConfig):
    name = "backtest"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Each registers itself: what an export holds of ours, and the last runs that lists of strategies show.
        from backtest.services import last_runs, portability  # noqa: F401
