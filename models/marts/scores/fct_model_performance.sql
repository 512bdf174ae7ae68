with assessed as (
    select * from {{ ref("int_scores__trials_assessed") }}
),

models_judged as (
    select * from {{ ref("int_scores__models_judged") }}
),

told as (
    select
        assessed.*,
        coalesce(
            assessed.section = 'lead_times'
            and assessed.n_positive < {{ var("least_count_told") }}, false
        ) as is_too_few
    from assessed
    where assessed.section not in ('groups', 'recorded', 'city')
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            "told.model", "told.variant", "told.section", "told.as_of", "told.population",
            "told.score", "told.other", "told.measure", "cast(told.k as integer)",
            "told.lead_time", "told.bin", "cast(round(told.recall * 1000) as integer)",
        ]) }} as model_performance_id,
        told.model,
        models_judged.title,
        told.variant,
        told.section,
        told.as_of as as_of_date,
        told.population,
        told.score,
        told.kind,
        told.other,
        told.measure,
        told.k,
        coalesce(told.k = models_judged.capacity, false) as is_capacity,
        told.lead_time,
        told.bin,
        told.recall,
        {{ count_told("told.n_rows") }} as n_rows,
        {{ count_told("told.n_positive") }} as n_positive,
        case when not told.is_too_few then told.value end as value,
        case when not told.is_too_few then told.low end as low,
        case when not told.is_too_few then told.high end as high,
        told.worst,
        told.best,
        told.expected,
        told.other_value,
        told.difference,
        told.difference_low,
        told.difference_high,
        case when told.is_too_few then 'not enough evidence' else told.verdict end as verdict,
        models_judged.is_withdrawn,
        models_judged.reason as withdrawal_reason,
        models_judged.is_publishable,
        models_judged.publication_note as note,
        'restricted' as handling,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from told
    inner join models_judged on told.model = models_judged.model
)

select * from final
