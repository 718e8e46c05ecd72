"""How many wrong passwords an account and an address may send (django-axes).

The five of an account are counted by django-axes itself, wherever they come from. Its
one limit cannot serve addresses, too: the whole of a branch shares one.
"""

import datetime as dt
from ipaddress import ip_address
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessFailureLog
from django.http import HttpRequest
from django.utils import timezone

ADDRESS_LIMIT = 50  # wrong passwords from one address
ADDRESS_WINDOW = dt.timedelta(hours=1)


def address_behind_proxy(request: HttpRequest) -> str:
    """The address our own proxy added; what stands before it anybody can make up."""
    last = request.headers.get("X-Forwarded-For", "").split(",")[-1].strip()
    try:
        return str(ip_address(last))
    except ValueError:
        return str(request.META["REMOTE_ADDR"])


class LockoutHandler(AxesDatabaseHandler):  # type: ignore[misc]  # untyped
    """Lock-out of accounts, and of an address that tries many of them."""

    def is_locked(
        self, request: HttpRequest, credentials: dict[str, Any] | None = None
    ) -> bool:
        """Whether the account or the address has had its wrong passwords."""
        return _address_locked(request) or super().is_locked(request, credentials)

    def user_login_failed(
        self,
        sender: Any,
        credentials: dict[str, Any],
        request: HttpRequest | None = None,
        **kwargs: Any,
    ) -> None:
        """Note the wrong password, and forget those of earlier days."""
        super().user_login_failed(sender, credentials, request, **kwargs)
        self.reset_failure_logs(age_days=1)


def _address_locked(request: HttpRequest) -> bool:
    address = request.axes_ip_address  # type: ignore[attr-defined]  # set by axes
    since = timezone.now() - ADDRESS_WINDOW
    failures = AccessFailureLog.objects.filter(
        ip_address=address, attempt_time__gt=since
    )
    return bool(failures[:ADDRESS_LIMIT].count() >= ADDRESS_LIMIT)
