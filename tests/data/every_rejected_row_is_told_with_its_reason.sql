with files as (
    select * from {{ ref("stg_load_ledger__files") }}
),

rejects as (
    select * from {{ ref("stg_load_ledger__rejects") }}
),

rejects_per_file as (
    select
        source_file,
        count(*) as n_rejects
    from rejects
    group by source_file
)

select
    files.source_file,
    files.n_rows_rejected,
    rejects_per_file.n_rejects
from files
full outer join rejects_per_file on files.source_file = rejects_per_file.source_file
where coalesce(files.n_rows_rejected, 0) <> coalesce(rejects_per_file.n_rejects, 0)
