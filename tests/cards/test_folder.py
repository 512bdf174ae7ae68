"""The pages of the project are current, and there is one for every model."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from click.testing import CliRunner

from think_family.cards.card import MADE
from think_family.cards.command import cards
from think_family.cards.folder import render_folder
from think_family.cards.record import TO_FILL_IN
from think_family.cards.results import read_results
from think_family.contract.contract import Contract
from think_family.scoring.models import read_models

from .kept import MODEL, ROOT, judged, kept, model, sources

PAGES = ROOT / "docs" / "models"

# The fields of the standard, template v3.0.
FIELDS = """
1 Name|2 Description|3 Website|4 Contact|1.1 Organisation or department|1.2 Team
1.3 Senior responsible owner|1.4 External supplier involvement|2.1 Detailed description|2.2 Scope
2.3 Benefit|2.4 Previous process|2.5 Alternatives considered|3.1 Process integration
3.2 Provided information|3.3 Frequency and scale of usage|3.4 Human decisions and review
3.5 Required training|3.6 Appeals and review|4.1.1 System architecture|4.1.2 Phase
4.1.3 Maintenance|4.1.4 Models|4.2.7 Model performance|4.3.1 Source data name|4.3.2 Data modality
4.3.3 Data description|4.3.4 Data quantities|4.3.5 Sensitive attributes
4.3.6 Data completeness and representativeness|4.3.7 Source data URL|4.3.8 Data collection
4.3.9 Data cleaning|4.3.10 Data sharing agreements|4.3.11 Data access and storage
5.1 Impact assessments|5.2 Risks and mitigations
"""


def pages(**rows: list[dict[str, object]]) -> dict[str, str]:
    return render_folder([model()], sources(), kept(**rows), Contract(()))


def test_the_pages_of_the_project_are_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(cards, ["--check"])
    assert done.exit_code == 0, done.exception


def test_every_model_has_a_card_that_begins_with_what_it_may_be_taken_for() -> None:
    first = f"> {read_results(ROOT / 'risk_models' / 'results').first_line}"
    for one in read_models(ROOT / "risk_models"):
        page = (PAGES / f"{one.name}.md").read_text("utf-8")
        assert page.splitlines()[0] == first
        assert f"# {one.title}" in page
        assert "## What it must not be used for" in page
    assert {page.read_text("utf-8").splitlines()[0] for page in PAGES.glob("*.md")} == {first}


def test_pages_that_are_not_current_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert CliRunner().invoke(cards, ["--write", str(tmp_path)]).exit_code == 0
    (tmp_path / f"{MODEL}.md").write_text("other\n")
    (tmp_path / "left_over.md").write_text(f"{MADE}\nof a model that is gone\n")
    (tmp_path / "notes.md").write_text("somebody else's\n")
    done = CliRunner().invoke(cards, ["--check", str(tmp_path)])
    assert f"not current: {MODEL}.md, left_over.md." in done.output
    assert CliRunner().invoke(cards, ["--write", str(tmp_path)]).exit_code == 0
    assert CliRunner().invoke(cards, ["--check", str(tmp_path)]).exit_code == 0
    assert not (tmp_path / "left_over.md").exists()
    assert (tmp_path / "notes.md").exists()


def test_a_withdrawn_model_has_no_picture_and_no_figure_on_any_other_page() -> None:
    stands = pages()
    reason = "Withdrawn: it came to fewer of those that the model lists."
    withdrawn = pages(models=[judged(is_withdrawn=True, reason=reason)])
    assert f"pictures/{MODEL}-found.svg" in stands
    assert f"pictures/{MODEL}-found.svg" not in withdrawn
    assert f"pictures/{MODEL}-parted.svg" in withdrawn
    for name in ("results.md", "transparency-record.md", "index.md"):
        assert "20% (10% to 40%)" not in withdrawn[name]
        assert "ithdrawn" in withdrawn[name]
    assert "20% (10% to 40%)" in stands["transparency-record.md"]


def test_the_record_has_every_field_of_the_standard_in_its_order() -> None:
    told = re.findall(r"^### (.*)$", pages()["transparency-record.md"], re.MULTILINE)
    asked = [field for line in FIELDS.split("\n") for field in line.split("|") if field]
    assert [field for field in told if field in asked] == asked


def test_the_record_names_nobody_and_says_what_is_to_be_filled_in() -> None:
    page = pages()["transparency-record.md"]
    for field in (
        "1.1 Organisation or department",
        "1.2 Team",
        "4 Contact",
        "5.1 Impact assessments",
    ):
        after = page.partition(f"### {field}\n\n")[2]
        assert after.startswith(TO_FILL_IN), field
    assert "@" not in page


def test_pictures_run_nothing_and_say_in_words_what_they_show() -> None:
    for name, picture in pages().items():
        if name.endswith(".svg"):
            assert "<script" not in picture
            assert ElementTree.fromstring(picture).find("{*}title") is not None  # noqa: S314


def test_a_link_of_a_page_leads_somewhere() -> None:
    for page in PAGES.glob("*.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
            assert (PAGES / target).exists(), (page.name, target)
