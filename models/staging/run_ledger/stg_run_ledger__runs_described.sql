-- A view: the run that is under way describes itself while models are built.
{{ config(materialized="view") }}

with source as (
    select * from {{ source("run_ledger", "runs_described") }}
),

renamed as (
    select
        -- run
        invocation_id,
        -- project
        commit_hash,
        has_local_changes,
        project_digest,
        model_parameters,
        -- data
        extracts_digest,
        n_files,
        as_of_date
    from source
)

select * from renamed
