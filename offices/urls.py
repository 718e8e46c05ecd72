"""Addresses of log-in, language, devices and the demonstration's short cuts."""

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView, PasswordResetConfirmView
from django.urls import path, reverse_lazy
from django.views.i18n import set_language

from offices import demo, views
from offices.forms import NewPasswordForm

app_name = "offices"
urlpatterns = [
    path(
        "login/",
        LoginView.as_view(
            template_name="offices/login.html", redirect_authenticated_user=True
        ),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
    path(
        "password/<uidb64>/<token>/",
        PasswordResetConfirmView.as_view(
            form_class=NewPasswordForm,
            template_name="offices/set_password.html",
            success_url=reverse_lazy("offices:login"),
        ),
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
