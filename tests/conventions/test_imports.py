"""What may know what: the planted truth is worth nothing if generator and library share code."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "think_family"
SOURCES = sorted(PACKAGE.rglob("*.py"))
SYNTHESIS = PACKAGE / "synthesis"

# What the generator must not know: how it will be judged.
JUDGES = ("identity", "network", "scoring", "cards", "explanation", "quality", "publication")


def imported(file: Path) -> list[str]:
    """Full names of what a file imports, inside functions too."""
    return imported_by(file.read_text(encoding="utf-8"), file)


def imported_by(code: str, file: Path) -> list[str]:
    """Full names of what `code` imports when it stands in `file`."""
    package = ["think_family", *file.relative_to(PACKAGE).parent.parts]
    names = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names += [f"{module}.{alias.name}" for alias in node.names]
    return names


def id_of(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("file", [f for f in SOURCES if SYNTHESIS not in f.parents], ids=id_of)
def test_the_library_imports_nothing_of_the_synthesis(file: Path) -> None:
    assert [n for n in imported(file) if f"{n}.".startswith("think_family.synthesis.")] == []


@pytest.mark.parametrize("file", [f for f in SOURCES if SYNTHESIS in f.parents], ids=id_of)
def test_the_synthesis_imports_nothing_that_judges_it(file: Path) -> None:
    judges = tuple(f"think_family.{judge}." for judge in JUDGES)
    assert [n for n in imported(file) if f"{n}.".startswith(judges)] == []


@pytest.mark.parametrize("file", [f for f in SOURCES if SYNTHESIS in f.parents], ids=id_of)
def test_the_synthesis_reads_no_seed(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documentation
    ]
    assert [text for text in texts if text == "seeds" or text.startswith("seeds/")] == []


@pytest.mark.parametrize(
    "code",
    [
        "from ..synthesis import world",
        "from think_family.synthesis import world",
        "def later():\n    import think_family.synthesis.world",
    ],
)
def test_no_spelling_of_an_import_goes_unseen(code: str) -> None:
    file = PACKAGE / "identity" / "made_up_for_this_test.py"
    assert imported_by(code, file) == ["think_family.synthesis.world"]
