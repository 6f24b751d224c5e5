"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from dealership import passwords
from dealership.banner import banner
from dealership.dashboard.views import dashboard
from dealership.front import front
from dealership.health import health, ready
from dealership.setup import views as setup
from scheduling.board_views import home
from scheduling.finding_views import find

urlpatterns = [
    path("", front),
    path("favicon.ico", RedirectView.as_view(url="/static/phone/icon.svg")),
    path("health", health, name="health"),
    path("ready", ready, name="ready"),
    path("admin/search/", find),  # before the staff site's own, which it stands in for
    path("banner/", banner, name="banner"),
    path("admin/password_reset/", passwords.Ask.as_view(), name="admin_password_reset"),
    path("admin/password_reset/sent/", passwords.Asked.as_view(), name="password_reset_done"),
    path("admin/password_reset/done/", passwords.Done.as_view(), name="password_reset_complete"),
    path("admin/password_reset/<uidb64>/<token>/", passwords.Choose.as_view(), name="password_reset_confirm"),
    path("admin/", home),
    path("admin/", admin.site.urls),
    path("", include("crm.urls")),
    path("dashboard/", dashboard, name="dashboard"),
    path("setup/", setup.stores, name="setup"),
    path("setup/new/", setup.new_store, name="setup-new"),
    path("setup/<int:pk>/", setup.resume, name="setup-store"),
    path("setup/<int:pk>/checks/", setup.checks, name="setup-checks"),
    path("setup/<int:pk>/<slug:name>/", setup.step, name="setup-step"),
    path("", include("scheduling.urls")),
    path("", include("reminders.urls")),
    path("", include("voice.urls")),
]
