"""Percentiles of waits and answer times."""

from collections.abc import Iterable


def percentile(values: Iterable[float], share: float) -> float:
    """Linear interpolation between order statistics; 0 for no values.

    ``share`` runs from 0 (the smallest) to 1 (the largest): Hyndman and Fan (1996),
    definition 7.
    """
    ordered = sorted(values)
    if not ordered:
        return 0.0
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
