import pytest

from queueing.percentiles import percentile


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 1.0), (0.5, 2.5), (0.95, 3.85), (1.0, 4.0)]
)
def test_percentile_interpolates_between_order_statistics(share, value):
    assert percentile([4, 1, 3, 2], share) == pytest.approx(value)


def test_percentile_of_one_value_is_that_value():
    assert percentile([7.5], 0.95) == 7.5


def test_percentile_of_nothing_is_zero():
    assert percentile([], 0.5) == 0.0
