-- Staging writes 'unknown' for a code that no list knows, and counts it: no list may use the word.
select
    code_map.code_list,
    code_map.code
from {{ ref("code_map") }} as code_map
where code_map.value = 'unknown'
