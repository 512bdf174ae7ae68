-- Whatever a text says somebody wrote.
with told as (
    select * from {{ ref("int_scores__reasons_told") }}
),

sources as (
    select * from {{ ref("int_scores__reasons_sourced") }}
),

sourced as (
    select
        person_id,
        as_of_date,
        scope,
        reason_code,
        count(*) as n_source_rows
    from sources
    group by person_id, as_of_date, scope, reason_code
),

final as (
    select told.reason_key
    from told
    left join sourced
        on
            told.person_id = sourced.person_id
            and told.as_of_date = sourced.as_of_date
            and told.scope = sourced.scope
            and told.reason_code = sourced.reason_code
    where
        told.n_source_rows <> coalesce(sourced.n_source_rows, 0)
        or (told.is_named and (sourced.n_source_rows is null or told.phrase is null))
        or (told.text_part <> 'none' and sourced.n_source_rows is null)
)

select * from final
