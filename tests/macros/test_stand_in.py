"""The stand-in of dbt_utils gives what the package of that name gives."""

from __future__ import annotations

import shutil
from hashlib import md5
from pathlib import Path

import duckdb

from .conftest import ROOT, Dbt


def test_keys_are_those_of_the_package_and_repeated_ones_are_found(dbt: Dbt) -> None:
    shutil.copytree(ROOT / "packages" / "dbt_utils_stand_in", "dbt_packages/dbt_utils")
    Path("models/keyed.sql").write_text(
        "select {{ dbt_utils.generate_surrogate_key(['number', 'letter']) }} as key_id, number"
        " from (values (1, null), (null, 'x'), (1, 'y')) as t (number, letter)",
        encoding="utf-8",
    )
    Path("models/keyed.yml").write_text(
        "models:\n"
        "  - name: keyed\n"
        "    data_tests:\n"
        "      - dbt_utils.unique_combination_of_columns:\n"
        "          name: holds\n"
        "          arguments: {combination_of_columns: [key_id]}\n"
        "      - dbt_utils.unique_combination_of_columns:\n"
        "          name: breaks\n"
        "          arguments: {combination_of_columns: [number], quote_columns: true}\n",
        encoding="utf-8",
    )
    built, said = dbt("build", "--select", "keyed")
    assert not built
    assert "PASS holds" in said
    assert "FAIL 1 breaks" in said
    null = "_dbt_utils_surrogate_key_null_"
    with duckdb.connect("build.duckdb", read_only=True) as connection:
        keys = {key for (key,) in connection.execute("select key_id from keyed").fetchall()}
    assert keys == {
        md5(text.encode(), usedforsecurity=False).hexdigest()
        for text in (f"1-{null}", f"{null}-x", "1-y")
    }
