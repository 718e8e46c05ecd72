from dataclasses import dataclass

import pytest

from bpjs_service.yaml_files import BadReference, read, record


@dataclass(frozen=True)
class Fruit:
    name: str
    weight: int = 0


def test_read_refuses_a_key_written_twice(tmp_path):
    path = tmp_path / "fruit.yaml"
    path.write_text("name: apel\nweight: 1\nname: jeruk\n")

    with pytest.raises(BadReference, match="'name' appears twice"):
        read(path)


def test_read_returns_what_the_file_says(tmp_path):
    path = tmp_path / "fruit.yaml"
    path.write_text("fruits:\n  - {name: apel, weight: 1}\n")

    assert read(path) == {"fruits": [{"name": "apel", "weight": 1}]}


def test_record_fills_in_what_has_a_default():
    assert record(Fruit, {"name": "apel"}, "fruit.yaml") == Fruit("apel", 0)


def test_record_refuses_an_unknown_key():
    with pytest.raises(BadReference) as refused:
        record(Fruit, {"name": "apel", "wieght": 1}, "fruit.yaml")

    assert str(refused.value) == "fruit.yaml: unknown key wieght"


def test_record_refuses_a_missing_key():
    with pytest.raises(BadReference) as refused:
        record(Fruit, {"weight": 1}, "fruit.yaml")

    assert str(refused.value) == "fruit.yaml: missing key name"
