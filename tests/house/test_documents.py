"""What the documents say can be done: links lead somewhere, commands exist, queries give this."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ops.cli import cli
from shared import sqlfiles
from shared.database import Connection

ROOT = sqlfiles.ROOT.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
ID = {"ids": lambda path: str(path.relative_to(ROOT))}


def prose(path: Path) -> str:
    """The text without its blocks of code."""
    return FENCE.sub("", path.read_text())


def anchors(path: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("path", DOCUMENTS, **ID)
def test_links_lead_to_files_and_headings(path: Path) -> None:
    for link in LINK.findall(prose(path)):
        if re.match(r"https?:", link):
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


OF_TODAY = [path for path in DOCUMENTS if path.name not in {"CHANGELOG.md", "CONTRIBUTING.md"}]
"""Without what tells of files that were or will be."""


@pytest.mark.parametrize("path", OF_TODAY, **ID)
def test_files_that_are_named_exist(path: Path) -> None:
    folders = "|".join(
        each.name for each in ROOT.iterdir() if each.is_dir() and each.name[0] != "."
    )
    for name in re.findall(rf"`((?:{folders})/[\w./-]*)`", prose(path)):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("path", DOCUMENTS, **ID)
def test_tests_that_are_named_exist(path: Path) -> None:
    for file, name in re.findall(r"`([\w/]+\.py)::(\w+)`", path.read_text()):
        assert f"def {name}(" in (ROOT / "tests" / file).read_text(), (file, name)


def commands(path: Path) -> Iterator[list[str]]:
    """The words behind `analytics` in code: whole lines of blocks, and what is quoted in prose."""
    text = path.read_text().replace(r"\|", ",")  # of a table's cell
    blocks = [
        block for _, language, block in FENCE.findall(text) if language in {"bash", "console"}
    ]
    quoted = re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    for code in [line for block in blocks for line in block.splitlines()] + quoted:
        for found in re.findall(r"(?:^|[\s(/])analytics ((?:[\w<\[-][^|)#>]*)?)", code):
            yield found.split()


@pytest.mark.parametrize("path", DOCUMENTS, **ID)
def test_commands_have_the_names_and_flags_that_are_written(path: Path) -> None:
    for words in commands(path):
        if not words:
            continue
        command = cli.commands.get(words[0])
        assert command, f"analytics {' '.join(words)}"
        flags = {
            flag
            for parameter in command.params
            for flag in parameter.opts + parameter.secondary_opts
        }
        written = set(re.findall(r"--[\w-]+", " ".join(words)))
        assert written <= flags, f"analytics {' '.join(words)}"


@pytest.mark.parametrize("path", DOCUMENTS, **ID)
def test_make_has_the_targets_that_are_written(path: Path) -> None:
    targets = set(re.findall(r"^([\w.-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    written = re.findall(r"(?:`|^\$ |^)make ([\w.-]+)", path.read_text(), re.MULTILINE)

    assert set(written) <= targets


def test_each_command_is_explained() -> None:
    text = (ROOT / "docs/operate.md").read_text()

    assert {name for name in cli.commands if f"`analytics {name}" not in text} == set()


def table(columns: list[str], rows: list[tuple[Any, ...]]) -> str:
    """As psql draws it, without its count of rows."""
    cells = [columns, *([_shown(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    ruler = "-+-".join("-" * width for width in widths)
    return "\n".join([lines[0], ruler, *lines[1:]] if rows else [lines[0], ruler, "(no rows)"])


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def results(ours: Connection, block: str) -> str:
    """What the statements of a block give, one table after another."""
    tables: list[str] = []
    for statement in filter(str.strip, block.split(";\n")):
        cursor = ours.execute(statement.encode())
        if cursor.description:
            columns = [column.name for column in cursor.description]
            tables.append(table(columns, cursor.fetchall()))
    return "\n\n".join(tables)


def test_the_story_of_a_row_is_what_happens(ours: Connection) -> None:
    story = FENCE.findall((ROOT / "docs/how-it-works.md").read_text())
    told = 0
    for (_, language, block), (_, after, output) in pairwise(story):
        if language == "sql":
            given = results(ours, block)
            expected = output.rstrip("\n") if after == "text" else ""
            assert given == expected, block
            told += 1
    assert told > 5, "the last block is an output"
