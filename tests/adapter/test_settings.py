"""Where the server is comes from the environment, and the password stays where it is needed."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg2.extensions import parse_dsn

from think_family.errors import ThinkFamilyError
from think_family.postgres.settings import Settings


def test_all_that_the_environment_names_is_taken() -> None:
    settings = Settings.from_environment(
        {
            "THINK_FAMILY_PG_HOST": "db.example",
            "THINK_FAMILY_PG_PORT": "6432",
            "THINK_FAMILY_PG_USER": "builder",
            "THINK_FAMILY_PG_PASSWORD": "s3cret",
            "THINK_FAMILY_PG_DATABASE": "city",
            "THINK_FAMILY_PG_SCHEMA": "base",
            "THINK_FAMILY_PG_SSLMODE": "verify-full",
        }
    )
    assert settings == Settings(
        "db.example", 6432, "builder", "s3cret", "city", "base", "verify-full"
    )


def test_an_empty_variable_counts_as_not_set() -> None:
    assert Settings.from_environment({"THINK_FAMILY_PG_PORT": ""}) == Settings()


def test_a_port_that_is_no_number_is_refused() -> None:
    with pytest.raises(ThinkFamilyError, match="THINK_FAMILY_PG_PORT is no number"):
        Settings.from_environment({"THINK_FAMILY_PG_PORT": "abc"})


@pytest.mark.parametrize("given", [{"user": "builder"}, {"password": "s3cret"}])
def test_a_user_or_password_without_a_server_is_not_meant_for_the_embedded_one(
    given: dict[str, str],
) -> None:
    with pytest.raises(ThinkFamilyError, match="set THINK_FAMILY_PG_HOST") as refused:
        Settings(**given).reachable()
    assert "s3cret" not in str(refused.value)


def test_no_printed_form_shows_the_password() -> None:
    settings = Settings("db.example", user="builder", password="s3cret")  # noqa: S106
    assert "s3cret" not in f"{settings} {settings!r}"
    # Only what is meant to carry it does.
    assert b"s3cret" in pickle.dumps(settings)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")).filter(bool))
def test_any_password_reaches_the_server_as_it_is(password: str) -> None:
    settings = Settings("/a folder/it's", user="builder", password=password)
    said = parse_dsn(settings.conninfo())
    assert (said["password"], said["host"]) == (password, "/a folder/it's")


def test_what_is_not_given_is_left_to_libpq() -> None:
    said = parse_dsn(Settings("db.example").conninfo())
    assert said == {"host": "db.example", "port": "5432", "dbname": "think_family"}


def test_a_server_that_does_not_answer_is_told_without_the_password() -> None:
    nowhere = Settings("127.0.0.1", 1, "builder", "s3cret")
    with pytest.raises(ThinkFamilyError, match="cannot be reached") as refused:
        nowhere.connect()
    assert "s3cret" not in str(refused.value)
