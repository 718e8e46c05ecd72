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
handler400 = "bpjs_service.failures.bad_request"
handler404 = "bpjs_service.failures.not_found"
handler500 = "bpjs_service.failures.server_error"
