"""Every address of the product."""

from django.urls import include, path

from bpjs_service.health import health
from offices.admin_site import site as reference_site

urlpatterns = [
    path("", include("queueing.urls")),
    path("", include("offices.urls")),
    path("api/v1/", include("queueing.api.urls")),
    path("health", health, name="health"),
    path("admin/", reference_site.urls),
]
