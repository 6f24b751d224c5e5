from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    name = "scheduling"
    verbose_name = "Service lane"

    def ready(self) -> None:
        from scheduling.links import add_links

        add_links()
