"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("queueing.urls")),
    path("", include("offices.urls")),
    path("admin/", admin.site.urls),
    path("metrics/", include("django_prometheus.urls")),
]
