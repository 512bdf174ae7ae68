{{ config(materialized="view") }}
{{ stands_below("person_records") }}
with source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

benefits as (
    {{ rows_with_persons(
        "stg_dwp__benefits",
        "staged.claim_id || '|' || cast(staged.claimant_number as " ~ dbt.type_string() ~ ")",
        "dwp", "benefits"
    ) }}
),

council_tax as (
    {{ rows_with_persons(
        "stg_bristol_revenues__council_tax",
        "staged.account_id || '|' || cast(staged.liable_number as " ~ dbt.type_string() ~ ")",
        "bristol_revenues", "council_tax"
    ) }}
),

unioned as (
    {{ facts_stated("dwp", "benefits", "benefits", [
        {
            "attribute": "benefit", "value": "benefit", "detail": "benefit",
            "from_date": "start_date", "to_date": "end_date",
            "where": "claimant_role in ('claimant', 'partner')",
        },
        {
            "attribute": "work status", "value": "work_status", "detail": "benefit",
            "from_date": "start_date", "to_date": "end_date",
            "where": "claimant_role in ('claimant', 'partner')",
        },
    ]) }}
    union all
    -- The register says what is owed, not since when: it is dated by the delivery that says so.
    {{ facts_stated("bristol_revenues", "council_tax", "council_tax", [
        {"attribute": "arrears", "measure": "arrears_gbp", "from_date": "extract_date"},
    ], known_from="extract_date") }}
)

select * from unioned
