import io

import pytest
from django.core.management import CommandError, call_command

from bpjs_service.yaml_files import BadReference
from offices.models import Holiday, Office
from queueing import reference
from queueing.models import Service, ServiceGroup

pytestmark = pytest.mark.django_db


def load(**options) -> str:
    out = io.StringIO()
    call_command("load_reference", stdout=out, **options)
    return out.getvalue()


def test_load_reference_fills_an_empty_database():
    assert load() == "Reference data: 44 rows written.\n"

    models = [Office, Holiday, ServiceGroup, Service]
    assert [model.objects.count() for model in models] == [2, 10, 6, 26]


def test_load_reference_again_changes_nothing():
    load()

    assert load() == "Reference data: 0 rows written.\n"
    assert load(overwrite=True) == "Reference data: 0 rows written.\n"


def test_load_reference_takes_the_seconds_of_the_class_of_work():
    load()

    assert Service.objects.get(code="SV-KOREKSI").typical_seconds == 382


def test_load_reference_refuses_a_bad_file_and_writes_nothing(monkeypatch):
    def broken() -> None:
        raise BadReference("services.yaml: unknown key colour")

    monkeypatch.setattr(reference, "catalogue", broken)

    with pytest.raises(CommandError, match=r"services\.yaml: unknown key colour"):
        load()
    assert Office.objects.count() == 0
