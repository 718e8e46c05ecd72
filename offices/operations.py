"""Every write about offices."""

from offices.models import Device, Office, hash_token


def enrol_device(*, office: Office, kind: str, name: str) -> tuple[Device, str]:
    """Enrol a machine; return it with its token, which is not kept anywhere."""
    token = Device.new_token()
    device = Device.objects.create(
        office=office, kind=kind, name=name, token_hash=hash_token(token)
    )
    return device, token
