"""A feature must not know the answer: labels reach features by way of the spine alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Dbt

PROPERTIES = """
models:
  - name: stg_services
    config: {meta: {label_rows: true}}
  - name: gate_services
    config: {meta: {is_gate: true}}
  - name: int_spine
    config: {meta: {is_feature: true, is_spine: true}}
  - name: int_features
    config: {meta: {is_feature: true}}
"""
MODELS = {
    "stg_services": "select 1 as person_id, cast('2024-01-01' as date) as start_date",
    "gate_services": "select count(*) > 0 as is_open from {{ ref('stg_services') }}",
    "int_spine": "select person_id, start_date as as_of_date from {{ ref('stg_services') }}",
    "int_helped": "select person_id from {{ ref('stg_services') }}",
    "int_counted": "select person_id, 1 as n_helps from {{ ref('int_helped') }}",
}
SPINE = "{{ ref('int_spine') }} as spine"
PUPILS = "left join {{ ref('stg_pupils') }} as pupils using (person_id)"


def plant(features: str) -> None:
    Path("models/features.yml").write_text(PROPERTIES, encoding="utf-8")
    for name, sql in (MODELS | {"int_features": features}).items():
        Path(f"models/{name}.sql").write_text(sql, encoding="utf-8")


def test_the_spine_may_cross_and_a_gate_passes_on_a_verdict_only(dbt: Dbt) -> None:
    plant(f"-- {{{{ ref('gate_services') }}}}\nselect spine.* from {SPINE} {PUPILS}")
    built, said = dbt("run", "--exclude", "publication")
    assert built, said


@pytest.mark.parametrize(
    ("leak", "path"),
    [
        ("stg_services", "stg_services -> int_features"),
        ("int_counted", "stg_services -> int_helped -> int_counted -> int_features"),
    ],
)
def test_a_leak_stops_the_run_and_its_path_is_named(dbt: Dbt, leak: str, path: str) -> None:
    plant(
        f"select spine.*, leak.person_id as leaked from {SPINE} {PUPILS}"
        f" left join {{{{ ref('{leak}') }}}} as leak on spine.person_id = leak.person_id"
    )
    built, said = dbt("run", "--exclude", "publication")
    assert not built
    assert f"feature model int_features descends from the label stg_services: {path}" in said
    assert "only the spine may cross" in said


def test_a_source_of_labels_is_a_label_itself(dbt: Dbt) -> None:
    plant(f"select spine.* from {SPINE} left join {{{{ source('base', 'services') }}}} on true")
    Path("models/base.yml").write_text(
        "sources:\n  - name: base\n    schema: raw\n    tables:\n      - name: services\n"
        "        config: {meta: {label_rows: all, permitted_purposes: [safeguarding]}}\n",
        encoding="utf-8",
    )
    built, said = dbt("run", "--exclude", "publication")
    assert not built
    assert "descends from the label base.services: base.services -> int_features" in said
