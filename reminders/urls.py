"""Pages and callbacks about appointments that are ahead."""

from django.urls import path

from reminders import pages, sms_webhooks, text_pages, views, webhooks

urlpatterns = [
    path("api/v1/webhooks/outbound-reminder", webhooks.outbound_reminder, name="outbound-reminder"),
    path("api/v1/webhooks/amd-result", webhooks.amd_result, name="amd-result"),
    path("api/v1/webhooks/reminder-status", webhooks.reminder_status, name="reminder-status"),
    path("api/v1/webhooks/sms", sms_webhooks.sms, name="sms"),
    path("api/v1/webhooks/sms-status", sms_webhooks.sms_status, name="sms-status"),
    path("texts/<int:rooftop_id>/<int:phone_id>/", text_pages.conversation, name="texts"),
    path("texts/<int:rooftop_id>/<int:phone_id>/news/", text_pages.conversation_news, name="texts-news"),
    path("phone/line", views.phone_line, name="phone-line"),
    path("phone/text", views.phone_text, name="phone-text"),
    path("phone/answer", views.phone_answer, name="phone-answer"),
    path("phone/decline", views.phone_decline, name="phone-decline"),
    path("a/<str:token>", pages.visit, name="visit"),
    path("a/<str:token>/confirm", pages.confirm, name="visit-confirm"),
    path("a/<str:token>/move", pages.move, name="visit-move"),
    path("a/<str:token>/cancel", pages.cancel, name="visit-cancel"),
]
