from django.apps import AppConfig


class BacktestConfig(AppConfig):
    name = "backtest"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from backtest.services import portability  # noqa: F401 - registers what an account's export holds of ours
