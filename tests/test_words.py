"""Indonesian is spelt as the dictionary (KBBI) spells it."""

import re
from pathlib import Path

import polib
import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PATTERNS = (
    "templates/**/*.html",
    "static/**/*.js",
    "*/reference/**/*.yaml",
    "queueing/demo/*.py",
    "locale/*/LC_MESSAGES/*.po",
    "docs/**/*.md",
    "*.md",
)
TEXTS = sorted(path for pattern in PATTERNS for path in REPOSITORY.glob(pattern))
MISSPELT = re.compile(
    r"\b(antrian|silahkan|nomer|foto ?copy|foto kopi|photo ?copy|ijin|jadual)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_texts_are_spelt_by_the_dictionary(path):
    text = path.read_text(encoding="utf-8")

    assert [found.group() for found in MISSPELT.finditer(text)] == []


def test_anda_has_a_capital():
    catalogue = polib.pofile(str(REPOSITORY / "locale/id/LC_MESSAGES/django.po"))
    small = [
        entry.msgstr for entry in catalogue if re.search(r"\banda\b", entry.msgstr)
    ]

    assert small == []
