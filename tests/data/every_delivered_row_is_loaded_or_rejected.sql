-- Every row of every file ends in raw or among the rejects: that is promised to the agencies.
select
    source_system,
    source_extract,
    source_file
from {{ ref("stg_load_ledger__files") }}
where n_rows_in_file <> n_rows_loaded + n_rows_rejected
