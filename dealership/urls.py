"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path

from dealership.health import health

urlpatterns = [
    path("health", health, name="health"),
    path("admin/", admin.site.urls),
    path("", include("voice.urls")),
]
