with models as (
    select * from {{ ref("int_scores__models_configured") }}
),

assessed as (
    select * from {{ ref("int_scores__trials_assessed") }}
),

-- Whom a marker lists already is no finding; without markers, or anybody else to be found, all count.
headlines as (
    select
        model,
        case
            when sum(case when population = 'not known' then 1 else 0 end) > 0 then 'not known'
            else 'everyone'
        end as population
    from assessed
    where variant = 'as_configured' and section = 'performance' and as_of is null
    group by model
),

precisions as (
    select
        models.model,
        headlines.population,
        max(case when assessed.score = 'score' then assessed.value end) as precision_at_capacity,
        max(case when assessed.score = 'model_score' then assessed.value end)
            as model_precision_at_capacity,
        max(case when assessed.score = 'index_score' then assessed.value end)
            as index_precision_at_capacity
    from models
    inner join headlines on models.model = headlines.model
    inner join assessed
        on
            models.model = assessed.model
            and headlines.population = assessed.population
            and models.capacity = assessed.k
    where
        assessed.variant = 'as_configured'
        and assessed.section = 'performance'
        and assessed.as_of is null
        and assessed.measure = 'precision'
    group by models.model, headlines.population
),

outcomes as (
    select
        model,
        count(distinct as_of) as n_days,
        sum(
            case
                when as_of is null and measure = 'assessed whom the event came to' then n_rows
                else 0
            end
        ) as n_outcomes
    from assessed
    where variant = 'as_configured' and section = 'counts'
    group by model
),

cities as (
    select
        model,
        max(case when measure = 'people' then n_rows end) as n_people,
        max(case when measure = 'natural prevalence' then value end) as is_natural_prevalence,
        max(case when measure = 'synthetic' then value end) as is_synthetic,
        max(case when measure = 'publishable' then value end) as is_publishable
    from assessed
    where section = 'city'
    group by model
),

judged as (
    select
        models.model,
        models.title,
        models.method,
        models.capacity,
        precisions.population,
        coalesce(outcomes.n_days, 0) as n_days,
        coalesce(outcomes.n_outcomes, 0) as n_outcomes,
        precisions.precision_at_capacity,
        precisions.model_precision_at_capacity,
        precisions.index_precision_at_capacity,
        cities.n_people,
        cities.is_natural_prevalence = 1 as is_natural_prevalence,
        cities.is_synthetic = 1 as is_synthetic,
        coalesce(cities.is_publishable = 1, false) as is_publishable,
        coalesce(
            precisions.precision_at_capacity is not null
            and precisions.model_precision_at_capacity is not null
            and precisions.index_precision_at_capacity is not null,
            false
        ) as is_judged
    from models
    left join precisions on models.model = precisions.model
    left join outcomes on models.model = outcomes.model
    left join cities on models.model = cities.model
),

final as (
    select
        model,
        title,
        is_judged,
        case
            when method <> 'learned' then false
            when not is_judged then true
            else
                precision_at_capacity < index_precision_at_capacity
                or model_precision_at_capacity < index_precision_at_capacity
        end as is_withdrawn,
        case
            when method <> 'learned'
                then
                    'Not judged: it learns nothing from outcomes, and says no more than what it'
                    || ' counts.'
            when not is_judged
                then
                    'Withdrawn: nothing tells how good it is, for on the days of trial there was'
                    || ' nothing to learn from, or nobody to be found.'
            when model_precision_at_capacity < index_precision_at_capacity
                then
                    'Withdrawn: on the days of trial the outcome came to fewer of those that the'
                    || ' model lists than of those that the index alone lists.'
            when precision_at_capacity < index_precision_at_capacity
                then
                    'Withdrawn: on the days of trial the outcome came to fewer of those that model'
                    || ' and index together list than of those that the index alone lists.'
            when model_precision_at_capacity = index_precision_at_capacity
                then
                    'Stands: on the days of trial the outcome came to as many of those that the'
                    || ' model lists as of those that the index alone lists.'
            else
                'Stands: on the days of trial the outcome came to more of those that the model'
                || ' lists than of those that the index alone lists.'
        end as reason,
        population,
        cast(capacity as integer) as capacity,
        cast(n_days as integer) as n_days,
        cast(n_outcomes as integer) as n_outcomes,
        precision_at_capacity,
        model_precision_at_capacity,
        index_precision_at_capacity,
        cast(n_people as integer) as population_size,
        is_natural_prevalence,
        is_publishable,
        case
            when is_publishable then 'Measured on a city that is large enough, of natural prevalence.'
            when n_people is null then 'Not measured.'
            when not is_natural_prevalence
                then
                    'Not to be published as accuracy: harms are not as common in this city as in'
                    || ' life. Precision is restated at natural prevalence where that is known.'
            else
                'Not to be published as accuracy: the city has too few people. Precision is'
                || ' restated at natural prevalence where that is known.'
        end as publication_note,
        coalesce(is_synthetic, false) as is_synthetic
    from judged
)

select * from final
