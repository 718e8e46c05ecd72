"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path

from bpjs_service.health import health

urlpatterns = [
    path("", include("queueing.urls")),
    path("", include("offices.urls")),
    path("health", health, name="health"),
    path("admin/", admin.site.urls),
    path("metrics/", include("django_prometheus.urls")),
]
