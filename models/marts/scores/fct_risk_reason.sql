{{ stands_below("exploitation") }}
{{ stands_below("indicators") }}
{{ stands_below("network") }}
{{ stands_below("scores") }}
with told as (
    select * from {{ ref("int_scores__reasons_told") }}
),

weighed as (
    select * from {{ ref("int_scores__reasons_weighed") }}
    where nth is null
),

models as (
    select * from {{ ref("int_scores__models_configured") }}
),

judged as (
    select * from {{ ref("int_scores__models_judged") }}
),

catalogue as (
    select * from {{ ref("indicator_catalogue") }}
),

-- As in fct_risk_profile: of a model that shows no score, and of adults, no reason is shown.
models_shown as (
    select models.model
    from models
    inner join judged on models.model = judged.model
    where models.method <> 'network' and not judged.is_withdrawn
),

-- What is left of each score, so that what is shown adds up to it.
rest as (
    select
        model,
        person_id,
        as_of_date,
        max(case when part = 'model' then contribution end) as contribution_model,
        max(case when part = 'index' then contribution end) as contribution_index
    from weighed
    group by model, person_id, as_of_date
),

unioned as (
    select
        model,
        person_id,
        as_of_date,
        text_part,
        nth,
        scope,
        reason_code,
        indicator_code,
        reason,
        phrase,
        contribution_model,
        contribution_index,
        lift_share,
        is_carrying,
        is_named,
        is_label_proxy,
        is_present,
        latest_date,
        n_events,
        n_source_rows,
        source_person_id,
        source_system,
        source_extract,
        source_row_key,
        handling
    from told
    union all
    select
        model,
        person_id,
        as_of_date,
        'none' as text_part,
        cast(null as integer) as nth,
        'none' as scope,
        'everything else' as reason_code,
        cast(null as {{ dbt.type_string() }}) as indicator_code,
        'Everything else, from the mean of the population' as reason,
        cast(null as {{ dbt.type_string() }}) as phrase,
        contribution_model,
        contribution_index,
        cast(0 as {{ type_double() }}) as lift_share,
        false as is_carrying,
        false as is_named,
        false as is_label_proxy,
        false as is_present,
        cast(null as date) as latest_date,
        0 as n_events,
        0 as n_source_rows,
        cast(null as {{ dbt.type_string() }}) as source_person_id,
        cast(null as {{ dbt.type_string() }}) as source_system,
        cast(null as {{ dbt.type_string() }}) as source_extract,
        cast(null as {{ dbt.type_string() }}) as source_row_key,
        'official_sensitive' as handling
    from rest
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            "unioned.model", "unioned.person_id", "unioned.as_of_date", "unioned.scope",
            "unioned.reason_code",
        ]) }} as risk_reason_id,
        unioned.model,
        unioned.person_id,
        unioned.as_of_date,
        unioned.text_part,
        unioned.nth,
        unioned.scope,
        unioned.reason_code,
        case
            when unioned.indicator_code is not null and unioned.n_source_rows = 0
                then 'Nothing recorded: '
            else ''
        end
        || unioned.reason as reason,
        case when unioned.phrase is not null then 'They ' || unioned.phrase || '.' end as sentence,
        unioned.contribution_model,
        unioned.contribution_index,
        unioned.lift_share,
        unioned.is_carrying,
        unioned.is_named,
        unioned.is_label_proxy,
        unioned.is_present,
        unioned.latest_date,
        unioned.n_events,
        unioned.n_source_rows,
        unioned.source_person_id,
        unioned.source_system,
        unioned.source_extract,
        unioned.source_row_key,
        unioned.handling,
        case
            when unioned.scope in ('associates', 'places') then 'criminal_offence'
            else coalesce(catalogue.sensitivity, 'personal')
        end as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from unioned
    inner join models_shown on unioned.model = models_shown.model
    left join catalogue on unioned.indicator_code = catalogue.indicator_code
)

select * from final
