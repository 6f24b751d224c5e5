from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class DealershipConfig(AppConfig):
    name = "dealership"

    def ready(self) -> None:
        from dealership import rights  # its models exist only now

        # The last app with models: by then Django has written the permissions of all of them.
        post_migrate.connect(rights.write_groups, sender=apps.get_app_config("reminders"))
