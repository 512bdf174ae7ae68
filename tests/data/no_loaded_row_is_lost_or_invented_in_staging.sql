-- A version stands on a loaded row of its own, and every loaded row on some version: an extract
-- with loaded rows has versions, and never more of them than rows.
select
    source_system,
    source_extract,
    n_rows_loaded,
    n_versions
from {{ ref("fct_row_accounting") }}
where
    n_rows_repeated < 0
    or (n_rows_loaded > 0 and n_versions = 0)
    or n_current_rows + n_closed_rows > n_versions
