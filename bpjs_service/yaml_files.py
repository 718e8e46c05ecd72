"""Reference data in YAML, read strictly: unknown or double keys are errors."""

import dataclasses
from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml

T = TypeVar("T")


class BadReference(Exception):
    """A reference file says something that cannot be meant."""


class _Loader(yaml.SafeLoader):
    """PyYAML keeps the last of two equal keys without a word; this one refuses."""

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _value in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise BadReference(f"{key!r} appears twice{node.start_mark}")
        return super().construct_mapping(node, deep)


def read(path: Path) -> Any:
    """Return the file's content; raises ``BadReference`` for a double key."""
    with path.open(encoding="utf-8") as file:
        return yaml.load(file, _Loader)  # noqa: S506 - a SafeLoader with one check more


def record(kind: type[T], values: dict[str, Any], where: str) -> T:
    """Make a dataclass of a mapping whose keys must be its fields.

    ``where`` names the place in the message of ``BadReference``.
    """
    # T is always a dataclass here; typeshed has no public bound for that.
    known = dataclasses.fields(kind)  # type: ignore[arg-type]
    needed = {
        field.name
        for field in known
        if field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    }
    if unknown := values.keys() - {field.name for field in known}:
        raise BadReference(f"{where}: unknown key {', '.join(sorted(unknown))}")
    if missing := needed - values.keys():
        raise BadReference(f"{where}: missing key {', '.join(sorted(missing))}")
    return kind(**values)
