from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured


class RemindersConfig(AppConfig):
    name = "reminders"

    def ready(self) -> None:
        from reminders import planning
        from reminders.browser_calls import listen
        from reminders.links import add_links

        add_links()
        listen()
        try:
            planning.rules()
        except ValueError as problem:
            raise ImproperlyConfigured(str(problem)) from problem
