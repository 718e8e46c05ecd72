"""What staff choose and type on their pages.

Rules are checked by the operations; a form only makes objects of what was sent.
"""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from offices.models import Office, Staff
from queueing.models import Counter, Duty, Place, Service, Visit


class PressForm(forms.Form):
    """A press of a button: the page's key makes a double press harmless."""

    request_key = forms.SlugField(max_length=24, required=False)


class OpenForm(PressForm):
    """Which counter to open, and whether as a ranger."""

    counter = forms.ModelChoiceField(Counter.objects.none(), label=_("Counter"))
    as_ranger = forms.BooleanField(required=False)

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["counter"].queryset = office.counters.all()  # type: ignore[attr-defined]  # a ModelChoiceField's


class BreakForm(PressForm):
    reason = forms.ChoiceField(choices=Duty.BreakReason.choices, label=_("Reason"))


class ReasonForm(PressForm):
    """A reason, which some operations require."""

    reason = forms.CharField(max_length=200, required=False, label=_("Reason"))


class PickForm(ReasonForm):
    ticket = forms.IntegerField(min_value=1, label=_("Number"))


class NextServiceForm(PressForm):
    service = forms.ModelChoiceField(Service.objects.all(), label=_("Service"))


class IssueForm(NextServiceForm):
    """A number for a visitor who does not use the kiosk."""

    priority = forms.ChoiceField(
        choices=Visit.Priority.choices, required=False, label=_("Priority")
    )


class RequeueForm(ReasonForm):
    place = forms.ChoiceField(choices=Place.choices, label=_("Place"))


class TransferForm(PressForm):
    """Where to send a visitor.

    The target is one of ``service:3``, ``counter:2`` or ``officer:5``, so that one
    list can offer all three.
    """

    target = forms.RegexField(
        r"^(service|counter|officer):\d{1,18}$", label=_("Send to")
    )
    place = forms.ChoiceField(
        choices=[choice for choice in Place.choices if choice[0] != Place.LATE],
        label=_("Place"),
    )
    note = forms.CharField(max_length=300, required=False, label=_("Hand-over note"))
    performed = forms.BooleanField(required=False)

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.office = office

    def clean_target(self) -> dict[str, Any]:
        """The target as the keyword that ``operations.transfer`` takes."""
        kind, pk = self.cleaned_data["target"].split(":")
        found = {
            "service": Service.objects.all(),
            "counter": Counter.objects.filter(office=self.office),
            "officer": Staff.objects.filter(duties__office=self.office).distinct(),
        }[kind].filter(pk=pk)
        target = found.first()
        if target is None:
            raise forms.ValidationError(
                _("This target does not exist at this branch."), code="unknown"
            )
        return {kind: target}

    @property
    def arguments(self) -> dict[str, Any]:
        """The keywords ``operations.transfer`` takes."""
        chosen = self.cleaned_data
        names = ("place", "note", "performed")
        return {**chosen["target"], **{name: chosen[name] for name in names}}
