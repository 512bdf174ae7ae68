-- A view: rows come while models are built, and after.
{{ config(materialized="view") }}

with source as (
    select * from {{ source("run_ledger", "rules_checked") }}
),

renamed as (
    select
        -- run
        invocation_id,
        -- rule
        expectation_key,
        gate,
        suite,
        subject,
        expectation_number,
        expectation_type,
        column_name,
        severity,
        rule,
        -- what came of it
        verdict,
        n_rows,
        n_unexpected,
        message
    from source
)

select * from renamed
