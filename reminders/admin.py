"""What the staff site shows of reminders and texts."""

from reminders.text_admin import TextAdmin

__all__ = ["TextAdmin"]
