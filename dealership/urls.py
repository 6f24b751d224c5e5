"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from dealership.dashboard.views import dashboard
from dealership.health import health, ready

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="phone")),
    path("favicon.ico", RedirectView.as_view(url="/static/phone/icon.svg")),
    path("health", health, name="health"),
    path("ready", ready, name="ready"),
    path("admin/", admin.site.urls),
    path("dashboard/", dashboard, name="dashboard"),
    path("", include("scheduling.urls")),
    path("", include("reminders.urls")),
    path("", include("voice.urls")),
]
