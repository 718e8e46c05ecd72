from django.apps import AppConfig


class BpjsServiceConfig(AppConfig):
    name = "bpjs_service"
    verbose_name = "bpjs_service"

    def ready(self) -> None:
        from bpjs_service import checks  # noqa: F401 - importing registers the checks
