"""Addresses of log-in, language, devices and the demonstration's short cuts."""

from django.conf import settings
from django.contrib.auth.views import LoginView
from django.urls import path
from django.views.i18n import set_language

from offices import demo, views
from offices.forms import LogInForm

app_name = "offices"
urlpatterns = [
    path(
        "login/",
        LoginView.as_view(
            template_name="offices/login.html",
            authentication_form=LogInForm,
            redirect_authenticated_user=True,
        ),
        name="login",
    ),
    path("logout/", views.log_out, name="logout"),
    path(
        "password/<uidb64>/<token>/",
        views.ChoosePassword.as_view(),
        name="set-password",
    ),
    path("language/", set_language, name="language"),
    path("device/<slug:kind>/", views.device, name="device"),
]
if settings.DEMO:
    urlpatterns += [
        path("demo/pair/", demo.pair_browser, name="demo-pair"),
        path("demo/login/", demo.log_in, name="demo-login"),
    ]
