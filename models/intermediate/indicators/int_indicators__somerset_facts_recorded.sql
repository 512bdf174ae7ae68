{{ config(materialized="view") }}
{{ stands_below("person_records") }}
{{ stands_below("education") }}
{{ stands_below("social_care") }}
with source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

episode_rows as (
    {{ rows_with_persons(
        "stg_somerset_children__episodes", "staged.somerset_id", "somerset_children", "people"
    ) }}
),

attendance as (
    {{ rows_with_persons(
        "stg_somerset_children__attendance", "staged.somerset_id", "somerset_children", "people"
    ) }}
),

accounts as (
    {{ rows_with_persons(
        "stg_somerset_housing__accounts",
        "staged.account_id || '|' || cast(staged.person_number as " ~ dbt.type_string() ~ ")",
        "somerset_housing", "accounts"
    ) }}
),

-- The detail is written in capitals, and is no code of a list.
episodes as (
    select
        *,
        lower(detail) as detail_words
    from episode_rows
),

unioned as (
    {{ facts_stated("somerset_children", "episodes", "episodes", [
        {
            "attribute": "type", "value": "episode_type", "detail": "detail_words",
            "from_date": "start_date", "to_date": "end_date",
        },
        {
            "attribute": "type and detail", "value": "episode_type || ' ' || detail_words",
            "detail": "detail_words", "from_date": "start_date", "to_date": "end_date",
        },
    ]) }}
    union all
    {{ facts_stated("somerset_children", "attendance", "attendance", [
        {
            "attribute": "percent missed in the year",
            "measure": "100 - cast(attendance_percent as " ~ type_double() ~ ")",
            "from_date": "year_start_date",
        },
    ]) }}
    union all
    -- The account says how it stands, not since when: it is dated by the delivery that says so.
    {{ facts_stated("somerset_housing", "accounts", "accounts", [
        {
            "attribute": "arrears",
            "value": "case when is_in_arrears then 'true' else 'false' end",
            "from_date": "extract_date", "where": "relation_to_tenant in ('tenant', 'partner')",
        },
    ], known_from="extract_date") }}
)

select * from unioned
