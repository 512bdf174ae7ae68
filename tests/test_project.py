"""What the project's files are, and at which commit they stand."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from think_family.project import Commit, commit_of, project_digest


def git(folder: Path, *command: str) -> str:
    """Run git as nobody in particular, without the settings of whoever runs the tests."""
    done = subprocess.run(
        ["git", "-c", "user.name=nobody", "-c", "user.email=nobody@example.com", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def work_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A work tree with one commit: a model, and what git is told to ignore."""
    # A commit hook that runs the tests must not lead git elsewhere.
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "dim_person.sql").write_text("select 1", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("target/\n", encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--no-gpg-sign", "--message", "First")
    return tmp_path


def test_a_clean_work_tree_stands_at_its_commit(work_tree: Path) -> None:
    head = git(work_tree, "rev-parse", "HEAD")
    (work_tree / "target").mkdir()
    (work_tree / "target" / "manifest.json").write_text("{}", encoding="utf-8")
    assert commit_of(work_tree) == Commit(head, has_local_changes=False)
    assert commit_of(work_tree / "models") == Commit(head, has_local_changes=False)


def test_a_changed_file_and_a_new_one_are_local_changes(work_tree: Path) -> None:
    (work_tree / "models" / "dim_new.sql").write_text("select 2", encoding="utf-8")
    commit = commit_of(work_tree)
    assert commit is not None
    assert commit.has_local_changes
    git(work_tree, "add", ".")
    git(work_tree, "commit", "--quiet", "--no-gpg-sign", "--message", "Second")
    (work_tree / "models" / "dim_person.sql").write_text("select 3", encoding="utf-8")
    later = commit_of(work_tree)
    assert later is not None
    assert later.has_local_changes
    assert later.commit_hash != commit.commit_hash


def test_there_is_no_commit_outside_of_a_work_tree_or_without_git(
    work_tree: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(outside.parent))
    assert commit_of(outside) is None
    git(outside, "init", "--quiet")
    assert commit_of(outside) is None, "before its first commit"
    monkeypatch.setenv("PATH", str(outside))
    assert commit_of(work_tree) is None


def test_the_digest_covers_what_decides_the_build_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "dim_person.sql").write_text("select 1", encoding="utf-8")
    before = project_digest(tmp_path)
    (tmp_path / "README.md").write_text("Read me.", encoding="utf-8")
    (tmp_path / "models" / "__pycache__").mkdir()
    (tmp_path / "models" / "__pycache__" / "x.pyc").write_bytes(b"")
    for made in ("docs/models/index.md", "risk_models/results/about.csv"):
        (tmp_path / made).parent.mkdir(parents=True)
        (tmp_path / made).write_text("Made from what was built.", encoding="utf-8")
    assert project_digest(tmp_path) == before
    (tmp_path / "models" / "dim_person.sql").write_text("select 2", encoding="utf-8")
    assert project_digest(tmp_path) != before
