from django.apps import AppConfig


class SignalsConfig(AppConfig):
    name = "signals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from market.services.runtime import provide_top_signals
        from signals.services.patterns.top import top_signals
        from signals.services.strategies import portability  # noqa: F401 - registers what an account's export holds of ours

        provide_top_signals(top_signals)
