"""The one verb that moves a repair order from status to status."""

from datetime import datetime

from crm.models import RepairOrder

Status = RepairOrder.Status


class StatusRefused(Exception):
    """A status that was not written; sentence says why and what would be right."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def set_status(order: RepairOrder, to: str, *, now: datetime, seen: str | None = None) -> RepairOrder:
    """Write the status over the one that was seen (else order's own), with the times that go with it.

    A closed order has closed_at, any other has none, so reopening forgets it. Already being there changes
    nothing. now is aware UTC. Raises StatusRefused when somebody else was quicker, changing nothing.
    """
    if to not in Status.values:
        raise StatusRefused(f"{to} is no status. Choose one of: {', '.join(Status.values)}.")
    if to == Status.CLOSED and order.opened_at > now:
        raise StatusRefused("It cannot be closed before it was opened. Write the earlier time.")
    changed = RepairOrder.objects.filter(pk=order.pk, status=seen or order.status).exclude(status=to)
    is_written = changed.update(
        status=to, status_changed_at=now, closed_at=now if to == Status.CLOSED else None
    )
    order.refresh_from_db(fields=["status", "status_changed_at", "closed_at"])
    if not is_written and order.status != to:
        raise StatusRefused(was_changed(order))
    return order


def was_changed(order: RepairOrder) -> str:
    is_now = order.get_status_display().lower()
    return f"Somebody else moved this order meanwhile: it is {is_now} now. Open the page again."
