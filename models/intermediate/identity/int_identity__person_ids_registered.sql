{{ config(
    materialized="incremental",
    incremental_strategy="append",
    full_refresh=false,
    on_schema_change="fail",
    pre_hook="{{ refuse_ungated() }}",
) }}
{{ stands_below("linkage") }}

with clustered as (
    select * from {{ ref("int_identity__source_persons_clustered") }}
),

records as (
    select * from {{ ref("int_identity__person_records_standardised") }}
),

files as (
    select * from {{ ref("stg_load_ledger__files") }}
),

data_dates as (
    select max(extract_date) as as_of_date
    from files
),

members as (
    select
        clustered.source_person_key as member_key,
        clustered.cluster_key,
        min(records.source_row_key) as mint_key
    from clustered
    inner join records on clustered.source_person_key = records.source_person_key
    group by clustered.source_person_key, clustered.cluster_key
),

{{ ids_registered("members", "person", "(select as_of_date from data_dates)") }}

select * from registered
