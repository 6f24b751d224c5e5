import logging

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

log = logging.getLogger(__name__)


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
        if settings.YOUR_TEST_NUMBER and not settings.DEBUG:
            log.warning(
                "YOUR_TEST_NUMBER is set: nobody else is rung or texted. Unset it to serve customers."
            )
