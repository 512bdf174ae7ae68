-- Staging writes 'unknown' for a code that no list knows, and counts it: no list may use the word.
with code_map as (
    select * from {{ ref("code_map") }}
)

select
    code_list,
    code
from code_map
where value = 'unknown'
