from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = "Store and customers"

    def ready(self) -> None:
        from crm import customer_record, lookup  # their models exist only now

        lookup.connect_signals()
        customer_record.add_sections()
