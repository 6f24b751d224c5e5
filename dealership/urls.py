"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from dealership.banner import banner
from dealership.dashboard.views import dashboard
from dealership.health import health, ready
from scheduling.board_views import home
from scheduling.finding_views import find

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="phone")),
    path("favicon.ico", RedirectView.as_view(url="/static/phone/icon.svg")),
    path("health", health, name="health"),
    path("ready", ready, name="ready"),
    path("admin/search/", find),  # before the staff site's own, which it stands in for
    path("banner/", banner, name="banner"),
    path("admin/", home),
    path("admin/", admin.site.urls),
    path("", include("crm.urls")),
    path("dashboard/", dashboard, name="dashboard"),
    path("", include("scheduling.urls")),
    path("", include("reminders.urls")),
    path("", include("voice.urls")),
]
