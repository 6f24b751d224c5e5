"""What failed, in the staff site: read here, written by crm/faults.py and dealership/outages.py."""

from django.contrib import admin
from unfold.decorators import display

from crm.models import FaultEpisode, SystemFault
from crm.store_admin import ReadOnlyAdmin


@admin.register(SystemFault)
class SystemFaultAdmin(ReadOnlyAdmin):
    shows_rows_of_no_rooftop = True  # what fails for everybody
    list_display = ("at", "source", "code", "sentence", "rooftop", "call_sid")
    list_filter = ("source",)
    list_select_related = ("rooftop",)
    fields = ("at", "source", "code", "sentence", "rooftop", "call_sid")


@admin.register(FaultEpisode)
class FaultEpisodeAdmin(ReadOnlyAdmin):
    rooftop_path = ""
    list_display = ("source", "state", "sentence", "began_at", "ended_at", "told_at")
    list_filter = ("source",)
    fields = ("source", "sentence", "began_at", "ended_at", "told_at")

    @display(description="State", label={"Down": "danger", "Over": "success"})  # type: ignore[untyped-decorator]
    def state(self, episode: FaultEpisode) -> str:
        return "Over" if episode.ended_at else "Down"
