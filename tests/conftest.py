"""Fixtures every test may use; Redis is real, announcements go to a database of ours."""

import pytest

from tests.factories import Branch


@pytest.fixture
def branch(db) -> Branch:
    return Branch()
