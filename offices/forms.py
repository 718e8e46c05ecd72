"""What people type about offices."""

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm
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


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]  # not at runtime
    """A new password, typed twice, behind a link that works once."""

    def save(self, commit: bool = True) -> Staff:
        """Set it the way everything is written here; ``commit`` is Django's own."""
        return set_password(
            staff=self.user, password=self.cleaned_data["new_password1"]
        )
