"""Find one row, or bring a row of reference data into being, exactly once."""

from typing import Any, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


def one(rows: "models.QuerySet[M]") -> M | None:
    """The only row there can be, or None; spares the ORDER BY that ``first`` adds."""
    return next(iter(rows.order_by()[:1]), None)


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
