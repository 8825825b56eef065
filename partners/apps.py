from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "partners"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.services.vault import register_sealed
        from partners import checks, receivers  # noqa: F401 - registers a check, and what partners are told of
        from partners.models import Endpoint

        register_sealed(Endpoint, "secret_sealed", "old_secret_sealed")
