"""`make .venv`: an installation that is interrupted is begun again by the next call of make."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from shared import sqlfiles

ROOT = sqlfiles.ROOT.parent

PYTHON = """#!/bin/sh
# In place of a Python: writes down what it is asked for, and ends as the file `pip` says.
echo "$@" >> asked
case "$*" in
    *"-m venv"*) rm -rf .venv; mkdir -p .venv/bin; ln -s ../../python .venv/bin/python ;;
    *"-r requirements.lock"*) exit $(cat pip) ;;
esac
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    return tmp_path


def make(folder: Path, *settings: str) -> tuple[int, str, list[str]]:
    """Exit code, what was said to the user, and what Python was asked for."""
    (folder / "asked").unlink(missing_ok=True)
    made = subprocess.run(
        ["/usr/bin/make", ".venv", "PYTHON=./python", *settings],
        cwd=folder,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    asked = folder / "asked"
    return made.returncode, made.stderr, asked.read_text().splitlines() if asked.exists() else []


def test_what_was_interrupted_is_begun_again_and_what_is_done_is_not(folder: Path) -> None:
    (folder / "pip").write_text("130")
    code, said, _ = make(folder)
    assert code == 2
    assert "The packages can't be had: is PyPI reachable?" in said
    (folder / "pip").write_text("0")
    code, _, asked = make(folder)
    assert code == 0
    assert sum("-m venv" in line for line in asked) == 1
    assert make(folder)[2] == [], "it is there"


def test_without_pypi_it_is_installed_from_a_folder_of_wheels(folder: Path) -> None:
    (folder / "pip").write_text("0")
    code, _, asked = make(folder, "WHEELHOUSE=/wheels")
    installing = [line for line in asked if " install " in line]
    assert code == 0
    assert installing
    assert all("--no-index --find-links /wheels" in line for line in installing)
