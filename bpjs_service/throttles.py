"""How often one actor may ask the API."""

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView


class ActorThrottle(SimpleRateThrottle):
    """One allowance per person or machine, not per address: a branch shares one."""

    scope = "actor"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        """Key by kind and id of the actor, or by address for nobody in particular."""
        actor = request.user
        if actor and actor.is_authenticated:
            return f"throttle-{type(actor).__name__}-{actor.pk}"
        return f"throttle-address-{self.get_ident(request)}"
