-- Who is near, and where somebody was, always stands on rows.
with told as (
    select * from {{ ref("int_scores__reasons_told") }}
),

final as (
    select reason_key
    from told
    where
        n_source_rows = 0
        and reason_code <> 'age_in_years'
        and (indicator_code is null or scope not in ('person', 'family') or contribution_index > 0)
)

select * from final
