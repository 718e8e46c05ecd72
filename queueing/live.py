"""The live address of a branch, as its pages put it on their root element."""

from django.http import HttpRequest

from bpjs_service.events import stream_token, stream_url
from offices.access import Actor, subject_of
from offices.models import Office
from queueing.operations.moving import channel


def live_url(request: HttpRequest, office: Office, actor: Actor) -> str:
    """The stream that tells the actor's page when the branch has changed."""
    return stream_url(request, stream_token([channel(office)], subject_of(actor)))
