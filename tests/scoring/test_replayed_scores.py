"""`think-family replay` on a warehouse of three persons: what is equal, and why what is not."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from think_family.cli import main
from think_family.project import project_digest
from think_family.scoring.parameters import (
    AdditiveParameters,
    IndexParameters,
    Term,
    version_of,
    written,
)
from think_family.scoring.scale import Scale

SCALE = Scale("rarity", (-4.0, 20.0), (0.0, 96.0))
GLASS_BOX = AdditiveParameters(
    model="cse",
    base=-2.0,
    terms=(
        Term("n_missing", "number", 1, "missing", "person", False, "lowest", True,
             (1.0, 3.0), (-0.25, 0.5, 1.5), 0.125),
        Term("is_in_care", "boolean", 0, "care", "person", False, "lowest", False,
             (1.0,), (0.0, 0.75), 0.0),
    ),
    unused=(),
    scale=SCALE,
)  # fmt: skip
INDEX = IndexParameters(
    "cse", "points", {"care": 5.0, "missing": 8.0}, {"care": "c1", "missing": "c2"}, None, SCALE
)
NEAR = IndexParameters("adults", "near", {}, {}, None, SCALE)
EXTRACTS = hashlib.sha256(b"police|reports|2025-06-30.csv|aa\0").hexdigest()
VERSIONS = [version_of(parameters) for parameters in (GLASS_BOX, INDEX, NEAR)]

# p1: n_missing 2, not in care; half of the points of missing count. p2 is an adult.
WAREHOUSE = f"""
    create schema run_ledger; create schema intermediate; create schema staging;
    create table run_ledger.runs_started as select * from (values
        ('aaaa1', timestamp '2025-07-01 08:00:00', 'build', '', '{{}}', null, null),
        ('aaaa2', timestamp '2025-07-02 08:00:00', 'build', '', '{{}}', 1, 1),
        ('bbbb3', timestamp '2025-07-03 08:00:00', 'run', '--select x', '{{}}', 1, 1),
        ('cccc4', timestamp '2025-07-04 08:00:00', 'build', '', '{{}}', 1, 1)
    ) as runs (invocation_id, started_at, command, selection, variables, person_registry_run,
        family_registry_run);
    create table run_ledger.runs_ended as select * from (values
        ('aaaa1', timestamp '2025-07-01 08:09:00', 400, 0, 0, true),
        ('bbbb3', timestamp '2025-07-03 08:09:00', 1, 0, 0, false),
        ('cccc4', timestamp '2025-07-04 08:09:00', 9, 1, 400, false)
    ) as runs (invocation_id, ended_at, n_succeeded, n_failed, n_skipped, is_published);
    create table run_ledger.runs_described as select * from (values
        ('aaaa1', date '2025-06-30', '0123456789abcdef', false, 'DIGEST',
            '{EXTRACTS}')
    ) as runs (invocation_id, as_of_date, commit_hash, has_local_changes, project_digest,
        extracts_digest);
    create table run_ledger.files_published as select * from (values
        ('aaaa1', 'police', 'reports', '2025-06-30.csv', 'aa', date '2025-06-30')
    ) as files (invocation_id, source_system, source_extract, source_file, file_sha256,
        extract_date);
    create table staging.stg_load_ledger__files as
        select * exclude invocation_id from run_ledger.files_published;
    create table run_ledger.parameters_kept (version text, content text);
    create table run_ledger.scores_kept as select * from (values
        ('aaaa1', 'cse', 'p1', date '2025-06-30', '{VERSIONS[0]}', '{VERSIONS[1]}',
            -1.5, 4.0, 10.0, 32.0, 32.0, 'index', '0100', 'missing=4.0'),
        ('aaaa1', 'adults', 'p2', date '2025-06-30', null, '{VERSIONS[2]}',
            null, 8.0, null, 48.0, 48.0, 'index', null, 'n_hops_1=8.0')
    ) as scores (invocation_id, model, person_id, as_of_date, model_version, index_version,
        log_odds, index_points, model_score, index_score, score, winner, bins, points);
    create table intermediate.int_features__persons_described as select * from (values
        ('p1', date '2025-06-30', 2, false), ('p2', date '2025-06-30', 0, false)
    ) as features (person_id, as_of_date, n_missing, is_in_care);
    create table intermediate.int_features__indicators_windowed as select * from (values
        ('p1', date '2025-06-30', 'missing', 0.5::double), ('p2', date '2025-06-30', 'missing', 1.0)
    ) as windowed (person_id, as_of_date, indicator_code, weight);
    create table intermediate.int_features__relatives_paired
        (person_id text, as_of_date date, relative_id text);
    create table intermediate.int_scores__cohorts_gathered as select * from (values
        ('k', 'adults', 'p2', date '2025-06-30')
    ) as cohorts (cohort_key, model, person_id, as_of_date);
    create table intermediate.int_scores__adults_neared as select * from (values
        ('adults', 'p2', date '2025-06-30', 1, 8.0::double)
    ) as neared (model, person_id, as_of_date, n_hops, points);
    create table intermediate.int_identity__source_persons_identified as select * from (values
        ('p1'), ('p2'), ('p9')) as persons (person_id);
    create table intermediate.int_identity__person_ids_registered as select * from (values
        ('m1', 'p1', null::text, 1), ('m2', 'p2', null, 1), ('m9', 'p9', null, 1)
    ) as registry (member_key, person_id, previous_person_id, registry_run);
    create table intermediate.int_identity__family_ids_registered
        (member_key text, family_id text, previous_family_id text, registry_run integer);
    create table intermediate.int_identity__family_members_identified
        (membership_id text, person_id text, family_id text);
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project of one file, and its warehouse."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("THINK_FAMILY_BUILD_FILE", raising=False)
    Path("dbt_project.yml").write_text("name: tiny", encoding="utf-8")
    Path("warehouse").mkdir()
    change(WAREHOUSE.replace("DIGEST", project_digest(Path())))
    with duckdb.connect("warehouse/build.duckdb") as connection:
        connection.executemany(
            "insert into run_ledger.parameters_kept values (?, ?)",
            [(version_of(p), written(p)) for p in (GLASS_BOX, INDEX, NEAR)],
        )


def change(sql: str) -> None:
    with duckdb.connect("warehouse/build.duckdb") as connection:
        connection.execute(sql)


def replay(*options: str, run: str = "1", person: str = "p1") -> Result:
    return CliRunner().invoke(main, ["replay", "--run", run, "--person", person, *options])


def lines(result: Result) -> list[str]:
    return [line.strip() for line in result.output.splitlines() if line.startswith("  ")]


@pytest.mark.parametrize("run", ["1", "aaaa1"])
def test_a_score_is_equal_to_the_last_digit(run: str) -> None:
    told = replay(run=run)
    assert told.output.splitlines() == [
        "Run 1 of 2025-07-01 08:00 UTC, published, as of 2025-06-30; features taken from the"
        " warehouse.",
        "",
        "Person p1",
        f"  cse: equal ({VERSIONS[0]}, {VERSIONS[1]})",
    ]
    assert told.exit_code == 0


def test_a_score_by_network_is_computed_from_who_is_near() -> None:
    assert lines(replay(person="p2")) == [f"adults: equal ({VERSIONS[2]})"]
    change("update intermediate.int_scores__adults_neared set n_hops = 2, points = 4.0")
    told = replay(person="p2")
    assert lines(told)[1:3] == [
        "different: index_points, index_score, score",
        "indicators of the index that are others now: n_hops_1, n_hops_2",
    ]
    assert told.exit_code == 1


def test_features_that_are_others_are_named_and_their_values_are_shown_if_asked_for() -> None:
    change("update intermediate.int_features__persons_described set n_missing = 7")
    change("update intermediate.int_features__indicators_windowed set weight = 0.75")
    told = replay()
    assert told.exit_code == 1
    assert lines(told) == [
        f"cse: different ({VERSIONS[0]}, {VERSIONS[1]})",
        "different: log_odds, index_points, model_score, index_score, score",
        "features that are others now: n_missing",
        "indicators of the index that are others now: missing",
        "perhaps why: nothing is known to have changed: tell the maintainers of the project",
    ]
    shown = lines(replay("--show"))
    assert "log_odds: -1.5 kept, -0.5 computed" in shown
    assert "n_missing: 1 to below 3 kept, 3 or more now" in shown
    assert "missing: 4 points kept, 6 points now" in shown


def test_a_feature_that_moves_within_its_bin_changes_nothing() -> None:
    change("update intermediate.int_features__persons_described set n_missing = 1")
    assert lines(replay()) == [f"cse: equal ({VERSIONS[0]}, {VERSIONS[1]})"]


def test_what_has_changed_since_is_told_as_a_possible_reason() -> None:
    change("update intermediate.int_features__persons_described set n_missing = 7")
    change(
        "update run_ledger.runs_started set variables = '{\"carrier_hops\": 2}'"
        " where invocation_id = 'cccc4';"
        "insert into staging.stg_load_ledger__files values"
        " ('police', 'reports', '2025-07-31.csv', 'bb', date '2025-07-31'),"
        " ('schools', 'pupils', '2025-05-31.csv', 'cc', date '2025-05-31');"
        "insert into intermediate.int_identity__person_ids_registered values"
        " ('m2', 'p1', 'p2', 2), ('m3', 'p1', null, 2), ('m1', 'p3', 'p1', 2);"
        "insert into intermediate.int_identity__family_ids_registered values ('s1', 'f1', null, 2);"
        "insert into intermediate.int_identity__family_members_identified values"
        " ('s1', 'p1', 'f1');"
        "insert into intermediate.int_features__relatives_paired values"
        " ('p1', date '2025-06-30', 'p2')"
    )
    Path("dbt_project.yml").write_text("name: other", encoding="utf-8")
    assert [line for line in lines(replay()) if line.startswith("perhaps why")] == [
        f"perhaps why: {why}"
        for why in (
            "records of the person have passed to another id since (fct_identity_change)",
            "records of another id have passed to the person since (fct_identity_change)",
            "further records were found to be the person's since",
            "the person's stays in families are known otherwise since",
            "records of relatives of the person, or of people near them, have come or changed ids"
            " since",
            "the files of the project are others than those of the run (commit 0123456789)",
            "the last build was told other variables than the run: carrier_hops; what features are"
            " made of stands as it was told",
            "2 files were loaded since the run: a row in them that was recorded by the day counts"
            " for the day, and one that is corrected may tell of it otherwise",
            "of these some are dated no later than the day itself: schools/pupils",
        )
    ]


def test_who_bears_no_record_any_more_is_told() -> None:
    change(
        "delete from intermediate.int_features__persons_described where person_id = 'p1';"
        "delete from intermediate.int_identity__source_persons_identified where person_id = 'p1';"
        "insert into intermediate.int_identity__person_ids_registered values"
        " ('m1', 'p2', 'p1', 2)"
    )
    told = replay()
    assert told.exit_code == 1
    assert lines(told)[:3] == [
        f"cse: not computed ({VERSIONS[0]}, {VERSIONS[1]})",
        "why: of that day nothing is known of a person of this id any more",
        "why: records of the person have passed to another id since (fct_identity_change)",
    ]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "update run_ledger.parameters_kept set content = replace(content, '1.5', '1.75')",
            "are no longer what they were: the file was changed since it was written",
        ),
        ("delete from run_ledger.parameters_kept", "are missing from the run ledger"),
        ("update run_ledger.scores_kept set log_odds = 2", "its bins do not add up to it"),
        ("update run_ledger.scores_kept set bins = '09'", "its bins do not add up to it"),
        ("update run_ledger.scores_kept set points = ''", "its points do not add up to it"),
        (
            "alter table intermediate.int_features__persons_described drop n_missing",
            "this version of the project does not make all features of the model",
        ),
    ],
)
def test_what_cannot_be_compared_is_told(sql: str, said: str) -> None:
    change(sql)
    told = replay()
    assert told.exit_code == 1
    assert "cse: not computed" in told.output
    assert said in told.output


def test_a_score_that_was_changed_is_different() -> None:
    change("update run_ledger.scores_kept set score = 99")
    assert lines(replay())[1] == "different: score"


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ("9", "No run of this warehouse is called 9. `think-family runs` lists them"),
        ("aaaa", "More than one run begins with aaaa."),
        ("2", "Run 2 was killed before it scored anybody."),
        ("bbbb", "Run 3 was told to build a part (`run --select x`), and scored nobody."),
        ("4", "Run 4 scored nobody: it failed before, or no model has parameters."),
    ],
)
def test_a_run_without_scores_is_refused_with_the_remedy(run: str, said: str) -> None:
    told = replay(run=run)
    assert said in told.output
    assert "`think-family runs` lists" in told.output
    assert told.exit_code == 2


@pytest.mark.parametrize(
    ("person", "said"),
    [
        ("p9", "p9 was in no model's cohort, or did not have this id yet"),
        ("p7", "p7 is no id that this warehouse ever gave"),
        ("p'; drop table", "is no id that this warehouse ever gave"),
    ],
)
def test_a_person_whom_the_run_did_not_score_is_refused(person: str, said: str) -> None:
    told = replay(person=person)
    assert said in told.output
    assert told.exit_code == 2


def test_a_model_that_did_not_score_the_person_is_refused() -> None:
    assert (
        "has no scores of a model neet. It has those of adults, cse."
        in replay("--model", "neet").output
    )
    told = replay("--model", "adults")
    assert "the person was in no cohort of adults" in told.output
    assert told.exit_code == 2


def test_features_are_built_in_the_project_alone() -> None:
    change("delete from intermediate.int_features__persons_described where person_id = 'p1'")
    Path("dbt_project.yml").unlink()
    told = replay()
    assert "run the command where dbt_project.yml is" in told.output
    assert told.exit_code == 2


def test_a_build_that_fails_is_told_and_leaves_no_copy() -> None:
    change(
        "delete from intermediate.int_features__persons_described where person_id = 'p1';"
        "create table intermediate.int_features__as_of_dates_listed (as_of_date date);"
        "create table intermediate.int_features__person_dates_listed"
        " (person_id text, as_of_date date)"
    )
    told = replay()
    assert "The features of that day cannot be built in a copy" in told.output
    assert told.exit_code == 2
    assert [file.name for file in Path("warehouse").iterdir()] == ["build.duckdb"]


def test_a_warehouse_of_before_there_were_scores_is_told() -> None:
    change("drop table run_ledger.scores_kept")
    told = replay()
    assert "holds no scores of runs: no run has kept any yet. Run `dbt build`." in told.output
    assert told.exit_code == 2
