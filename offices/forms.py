"""What people type about offices."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.utils.translation import gettext_lazy as _

from offices.models import Device, Staff
from offices.operations import set_password


class PairingForm(forms.Form):
    """The token an administrator was shown when the device was enrolled."""

    token = forms.CharField(
        label=_("Device token"),
        max_length=100,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind

    def clean_token(self) -> str:
        token: str = self.cleaned_data["token"]
        device = Device.objects.by_token(token)
        if device is None or device.kind != self.kind:
            raise forms.ValidationError(
                _("This token is wrong, withdrawn or for another kind of machine."),
                code="token_unknown",
            )
        return token


# Django's own Indonesian has two words for a password, and one sentence that is
# garbled; these forms use ours.
class LogInForm(AuthenticationForm):
    """User name and password."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("The user name or password is wrong."),
    }


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]  # not at runtime
    """A new password, typed twice, behind a link that works once."""

    error_messages = {
        **SetPasswordForm.error_messages,
        "password_mismatch": _("The two passwords are not the same."),
    }
    new_password1, new_password2 = SetPasswordForm.create_password_fields(
        label1=_("Your new password"), label2=_("Your new password once more")
    )

    def save(self, commit: bool = True) -> Staff:
        """Set it the way everything is written here; ``commit`` is Django's own."""
        return set_password(
            staff=self.user, password=self.cleaned_data["new_password1"]
        )
