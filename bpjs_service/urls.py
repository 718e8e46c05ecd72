"""Every address of the product."""

from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from bpjs_service.health import health
from offices.admin_site import site as reference_site

urlpatterns = [
    path("", include("queueing.urls")),
    path("", include("offices.urls")),
    path("api/v1/", include("queueing.api.urls")),
    path("health", health, name="health"),
    # where browsers look on pages that name no icon: the administration, the API
    path("favicon.ico", RedirectView.as_view(url=static("bpjs_service/icon.svg"))),
    path("admin/", reference_site.urls),
]
handler400 = "bpjs_service.failures.bad_request"
handler404 = "bpjs_service.failures.not_found"
handler500 = "bpjs_service.failures.server_error"
