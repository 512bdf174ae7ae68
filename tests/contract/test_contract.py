"""The contract is read as written, and what is written wrongly is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from think_family.contract import ContractError, read_contract
from think_family.contract.command import contract as command
from think_family.contract.document import read_code_lists, render_contract

ROOT = Path(__file__).parents[2]

SOURCES = """\
version: 2
sources:
  - name: police_records
    description: Records of the police.
    schema: raw
    config:
      meta: {agency: Police, programme: force}
    tables:
      - name: nominals
        identifier: police_records__nominals
        description: "{{ doc('nominal') }} One row per nominal."
        config:
          meta:
            delivery: full
            key: [nominal_ref]
            happened_column: null
            recorded_column: recorded_date
            fresh_within_days: 35
            lawful_basis: Public task
            permitted_purposes: [safeguarding, early_help]
            handling: official_sensitive
            label_rows: some
        columns:
          - name: nominal_ref
            data_type: text
            description: Reference.
            config:
              meta: {staged_as: nominal_id, personal_data: identifier, aliases: [nominal_no]}
          - name: sex
            data_type: text
            description: Sex | as recorded.
            config:
              meta: {personal_data: demographic, codes: police_sex}
          - name: recorded_date
            data_type: date
            config:
              meta: {format: dmy}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "models" / "staging" / "police_records"
    folder.mkdir(parents=True)
    (folder / "_police_records__sources.yml").write_text(SOURCES)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "blocks.md").write_text(
        "{% docs nominal %}\nPeople known\nto the police.\n{% enddocs %}\n"
    )
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "code_map.csv").write_text(
        "code_list,code,value\npolice_sex,M,male\npolice_sex,F,female\nunused,1,one\n"
    )
    return tmp_path


def sources_file(project: Path) -> Path:
    return project / "models" / "staging" / "police_records" / "_police_records__sources.yml"


def test_extract_holds_what_is_written(project: Path) -> None:
    (extract,) = read_contract(project / "models" / "staging").extracts
    assert (extract.system, extract.name, extract.table) == (
        "police_records",
        "nominals",
        "police_records__nominals",
    )
    assert extract.description == "People known to the police. One row per nominal."
    assert (extract.agency, extract.programme, extract.delivery) == ("Police", "force", "full")
    assert extract.key == ("nominal_ref",)
    assert extract.required_columns == ("nominal_ref", "recorded_date")
    assert extract.happened_column is None
    assert extract.fresh_within_days == 35
    assert extract.permitted_purposes == ("safeguarding", "early_help")
    reference, sex, recorded = extract.columns
    assert (reference.staged_as, reference.aliases) == ("nominal_id", ("nominal_no",))
    assert (sex.staged_as, sex.codes, sex.format) == ("sex", "police_sex", None)
    assert (recorded.data_type, recorded.format, recorded.personal_data) == ("date", "dmy", "none")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("aliases: [nominal_no]", "aliases: [nominal_number]"),
        ("key: [nominal_ref]", "key: [nominal_ref, sex]"),
        ("format: dmy", "format: iso"),
        ("- name: sex", "- name: gender"),
    ],
)
def test_digest_changes_with_what_decides_the_rows(project: Path, old: str, new: str) -> None:
    (before,) = read_contract(project / "models" / "staging").extracts
    sources_file(project).write_text(SOURCES.replace(old, new))
    (after,) = read_contract(project / "models" / "staging").extracts
    assert before.digest != after.digest


def test_digest_does_not_change_with_words(project: Path) -> None:
    (before,) = read_contract(project / "models" / "staging").extracts
    sources_file(project).write_text(SOURCES.replace("Public task", "Consent"))
    (after,) = read_contract(project / "models" / "staging").extracts
    assert before.digest == after.digest


def test_source_of_no_agency_is_no_part_of_the_contract(project: Path) -> None:
    other = project / "models" / "staging" / "ledger" / "_ledger__sources.yml"
    other.parent.mkdir()
    other.write_text("version: 2\nsources:\n  - name: ledger\n    tables: [{name: load_files}]\n")
    assert len(read_contract(project / "models" / "staging").systems) == 1


def test_programmes_are_those_of_the_seed(project: Path) -> None:
    seed = project / "seeds" / "programme.csv"
    seed.write_text("programme,programme_name\nwales,Wales\n")
    sources_file(project).write_text(SOURCES.replace("programme: force", "programme: wales"))
    contract = read_contract(project / "models" / "staging")
    assert [extract.programme for extract in contract.extracts] == ["wales"]
    assert "| Police | Wales |" in render_contract(contract, {})
    seed.write_text("wales,Wales\n")
    with pytest.raises(ContractError, match="needs the columns programme and programme_name"):
        read_contract(project / "models" / "staging")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("agency: Police, ", "", "names no agency"),
        ("programme: force", "programme: wales", "programme is 'wales'"),
        ("identifier: police_records__nominals", "identifier: nominals", "identifier must be"),
        ("key: [nominal_ref]", "key: [nominal]", "names the column nominal, which it lacks"),
        ("key: [nominal_ref]", "key: []", "lacks key"),
        ("delivery: full", "delivery: whole", "delivery is 'whole'"),
        ("label_rows: some", "label_rows: few", "label_rows is 'few'"),
        ("handling: official_sensitive", "handling:", "lacks handling"),
        ("fresh_within_days: 35", "fresh_within_days: monthly", "whole number of days"),
        ("data_type: date", "data_type: datetime", "data_type is 'datetime'"),
        ("format: dmy", "format: mdy", "format is 'mdy'"),
        ("codes: police_sex", "format: iso", "only dates and timestamps have a format"),
        ("personal_data: demographic", "personal_data: secret", "personal_data is 'secret'"),
        ("aliases: [nominal_no]", "aliases: [Sex]", "header 'sex' is claimed twice"),
        ("aliases: [nominal_no]", "aliases: nominal_no", "aliases must be a list"),
        ("name: sex", "name: nominal_ref", "a column is described twice"),
        ("name: sex", "name: Sex", "not in lower_snake_case"),
        ("doc('nominal')", "doc('person')", "no doc block 'person'"),
        ("version: 2", "version: [2", "not valid YAML"),
        ("- name: police_records", "- name: police", "must stand in the folder police"),
    ],
)
def test_mistake_is_named(project: Path, old: str, new: str, message: str) -> None:
    assert old in SOURCES
    sources_file(project).write_text(SOURCES.replace(old, new, 1))
    with pytest.raises(ContractError) as caught:
        read_contract(project / "models" / "staging")
    assert message in caught.value.message
    assert "_police_records__sources.yml" in caught.value.message


def test_no_contract_says_where_it_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"_<system>__sources\.yml"):
        read_contract(tmp_path)


def test_document_tells_an_agency_what_to_deliver(project: Path) -> None:
    page = render_contract(
        read_contract(project / "models" / "staging"),
        read_code_lists(project / "seeds" / "code_map.csv"),
    )
    for line in (
        "### police_records.nominals",
        "People known to the police. One row per nominal.",
        "- Folder: `extracts/police_records/nominals/`",
        "- Key: `nominal_ref`",
        "- Happened: no date",
        "- Freshness: a delivery at least every 35 days",
        "- Permitted purposes: safeguarding, early help",
        "| `nominal_ref` | text | identifier | Required. Reference. Also accepted as `nominal_no`. "
        "| `nominal_id` |",
        "| `sex` | text, code of [police_sex](#police_sex) | demographic | Sex \\| as recorded. "
        "| `sex` |",
        "| `recorded_date` | date, DD/MM/YYYY | none | Required. | `recorded_date` |",
        "### police_sex",
        "| `M` | male |",
    ):
        assert line in page.splitlines(), line
    assert "unused" not in page


def test_check_fails_when_the_page_is_stale(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    run = CliRunner().invoke
    assert run(command, ["--check"]).exit_code == 1
    assert run(command, ["--write", "docs/input-contract.md"]).exit_code == 0
    assert run(command, ["--check"]).exit_code == 0
    sources_file(project).write_text(SOURCES.replace("Public task", "Consent"))
    stale = run(command, ["--check"])
    assert stale.exit_code == 1
    assert "think-family contract --write docs/input-contract.md" in stale.output
    assert run(command, []).output.startswith("# Input contract")


def test_contract_of_the_project_is_sound_and_its_page_current() -> None:
    contract = read_contract(ROOT / "models" / "staging")
    assert len(contract.extracts) >= 45
    assert len(contract.systems) >= 12
    page = render_contract(contract, read_code_lists(ROOT / "seeds" / "code_map.csv"))
    assert (ROOT / "docs" / "input-contract.md").read_text(encoding="utf-8") == page, (
        "make it anew: think-family contract --write docs/input-contract.md"
    )


def test_code_lists_of_the_project_exist() -> None:
    contract = read_contract(ROOT / "models" / "staging")
    lists = read_code_lists(ROOT / "seeds" / "code_map.csv")
    named = {c.codes for extract in contract.extracts for c in extract.columns if c.codes}
    assert named <= set(lists)
