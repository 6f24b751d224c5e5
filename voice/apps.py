from django.apps import AppConfig


class VoiceConfig(AppConfig):
    name = "voice"
    verbose_name = "Phone desk"

    def ready(self) -> None:
        from voice.links import add_links

        add_links()
