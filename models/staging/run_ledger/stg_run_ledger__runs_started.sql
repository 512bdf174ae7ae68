-- A view: a mart that tells of each run as it goes stands on it, and must outlast its rebuilding.
{{ config(materialized="view") }}

with source as (
    select * from {{ source("run_ledger", "runs_started") }}
),

renamed as (
    select
        -- run
        invocation_id,
        cast(row_number() over (order by started_at, invocation_id) as integer) as run_number,
        -- timestamps
        started_at,
        -- what it was told
        command,
        selection,
        variables,
        -- registries before it
        person_registry_run,
        person_registry_digest,
        family_registry_run,
        family_registry_digest
    from source
)

select * from renamed
