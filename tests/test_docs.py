"""The paper agrees with the code: links, commands, variables, tables, reasons."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import resolve

from queueing.models import Action, State
from queueing.moves import MOVES

REPOSITORY = Path(__file__).resolve().parents[1]
PAPERS = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")])
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (REPOSITORY / "docs/architecture.md").read_text(encoding="utf-8")
DEPLOYMENT = (REPOSITORY / "docs/deployment.md").read_text(encoding="utf-8")
GLOSSARY = (REPOSITORY / "docs/glossary.md").read_text(encoding="utf-8")
ADRS = REPOSITORY / "docs" / "adr"
DEPENDENCIES = (ADRS / "0012-every-dependency-has-a-reason.md").read_text()


def anchors(text: str) -> set[str]:
    """Names of the headings as a link's fragment gives them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", line).lower().replace(" ", "-") for line in headings}


def rows_under(heading: str, text: str) -> list[list[str]]:
    """Cells of the first table below a heading, without its two head lines."""
    section = text.split(f"{heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]


def variables_read() -> set[str]:
    files = ("settings.py", "embedded/addresses.py")
    text = "".join((REPOSITORY / "bpjs_service" / name).read_text() for name in files)
    return set(re.findall(r'(?:env\.\w+|environ\.get)\(\s*"([A-Z_]+)"', text))


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_links_lead_somewhere(paper):
    for target in re.findall(r"\]\(([^)\s]+)\)", paper.read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        name, _hash, fragment = target.partition("#")
        linked = (paper.parent / name).resolve() if name else paper
        assert linked.exists(), target
        if fragment:
            assert fragment in anchors(linked.read_text(encoding="utf-8")), target


def test_watched_addresses_of_the_pages_exist():
    named = [row[0] for row in rows_under("## Watching it", DEPLOYMENT)]
    paths = [name.strip("`") for name in named if re.fullmatch(r"`/[^`]*`", name)]

    assert paths == ["/health"]
    assert [resolve(path).url_name for path in paths] == ["health"]


def test_readme_lists_every_variable_that_is_read():
    named = {row[0].strip("`") for row in rows_under("## Configuration", README)}

    assert named == variables_read()


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_commands_exist(paper):
    text = paper.read_text(encoding="utf-8")
    promised = set(re.findall(r"(?:manage\.py|run\.py manage) ([a-z_]+)", text))

    assert promised <= set(get_commands())


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_programs_exist(paper):
    text = paper.read_text(encoding="utf-8")
    programs = re.findall(r"(?:^    |`)((?:bin|\.ci)/[\w-]+)", text, re.MULTILINE)
    scripts = re.findall(r"(?:^    |`)python3 (\S+\.py)", text, re.MULTILINE)

    for name in {*programs, *scripts}:
        assert (REPOSITORY / name).is_file(), name


def test_readme_names_the_two_commands():
    block = README.split("## Two commands")[1]
    lines = re.findall(r"^    (python3 .+)$", block, re.MULTILINE)

    assert [shlex.split(line, comments=True) for line in lines] == [
        ["python3", "run.py"],
        ["python3", "run.py", "test"],
    ]


def test_architecture_shows_the_moves_as_they_are():
    rows = rows_under("## A ticket's life", ARCHITECTURE)
    told = {row[0].split(" ")[0]: (row[1], row[2]) for row in rows}
    order = list(State.values)

    def in_words(sources: frozenset[str]) -> str:
        return ", ".join(sorted(sources, key=order.index))

    assert told.pop(Action.ISSUE) == ("", State.WAITING)
    assert told.pop(Action.UNDO) == ("", "the state before")
    moves = {
        name: (in_words(move.sources), move.target) for name, move in MOVES.items()
    }
    assert {
        name: (in_words(frozenset(sources.split(", "))), target)
        for name, (sources, target) in told.items()
    } == moves


def test_glossary_explains_every_state_and_verb():
    explained = set(re.findall(r"`(\w+)`", GLOSSARY))
    night = {Action.CLOSE, Action.CLOSE_SERVED}

    assert set(State.values) <= explained
    assert set(Action.values) - night <= explained


def test_every_dependency_has_a_reason():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    names = {re.match(r"[\w-]+", line)[0] for line in project["dependencies"]}
    rows = rows_under("# Every dependency has a reason", DEPENDENCIES)

    assert {name for row in rows for name in row[0].split(", ")} == names


def test_decisions_are_listed_with_their_titles():
    listed = re.findall(
        r"^\d+\. \[(.+)\]\((.+)\)$", (ADRS / "README.md").read_text(), re.MULTILINE
    )
    pages = sorted(ADRS.glob("0*.md"))

    assert [name for _title, name in listed] == [page.name for page in pages]
    for (title, _name), page in zip(listed, pages, strict=True):
        assert page.read_text().splitlines()[0] == f"# {title}"
        assert len(page.read_text().split()) < 450, "more than one screen"
