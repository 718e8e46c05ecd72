"""Bring a row of reference data into being, or up to date, exactly once."""

from typing import Any, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


def put(
    rows: "models.QuerySet[M]",
    key: dict[str, Any],
    values: dict[str, Any],
    *,
    overwrite: bool = False,
) -> tuple[M, bool]:
    """Return the row with this key and whether anything was written.

    A missing row is made with the values. An existing one is left as people have
    edited it, unless ``overwrite`` is asked for.
    """
    row, created = rows.get_or_create(**key, defaults=values)
    if created or not overwrite:
        return row, created
    stale = [name for name, value in values.items() if getattr(row, name) != value]
    for name in stale:
        setattr(row, name, values[name])
    if stale:
        row.save(update_fields=stale)
    return row, bool(stale)
