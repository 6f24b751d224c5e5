"""Pages about customers beside the staff site's own."""

from django.urls import path

from crm import consent_views, merge_views

urlpatterns = [
    path("customers/<int:pk>/merge/", merge_views.merge, name="merge-customers"),
    path("customers/<int:pk>/consent/", consent_views.answer, name="customer-consent"),
]
