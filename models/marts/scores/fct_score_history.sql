{{ stands_below("exploitation") }}
{{ stands_below("indicators") }}
{{ stands_below("network") }}
{{ stands_below("scores") }}
with scores_kept as (
    select * from {{ ref("stg_run_ledger__scores_kept") }}
),

runs as (
    select * from {{ ref("int_scores__runs_listed") }}
),

models as (
    select * from {{ ref("int_scores__models_configured") }}
),

models_judged as (
    select * from {{ ref("int_scores__models_judged") }}
),

-- Adults who were served or flagged as children belong on a list of support, not into a history of
-- risk: scores by network alone are told of elsewhere.
scores as (
    select
        scores_kept.*,
        runs.run_number,
        runs.started_at,
        runs.earlier_run_number,
        runs.first_run_number,
        {{ dbt.datediff("cast('2000-01-01' as date)", "scores_kept.as_of_date", "day") }}
            as day_number
    from scores_kept
    inner join runs
        on
            scores_kept.invocation_id = runs.invocation_id
            and scores_kept.model = runs.model
    inner join models on scores_kept.model = models.model
    inner join models_judged on scores_kept.model = models_judged.model
    where
        not runs.is_withdrawn
        and not models_judged.is_withdrawn
        and models.method <> 'network'
),

-- Only scores of the same parameters tell of the person when they differ. A run that was repeated
-- on the data of one day is earlier too.
lowest as (
    select
        scores.*,
        min(scores.score) over (
            partition by
                scores.model, scores.person_id, scores.model_version, scores.index_version
            order by scores.day_number range between 365 preceding and 1 preceding
        ) as lowest_of_days,
        min(scores.score) over (
            partition by
                scores.model,
                scores.person_id,
                scores.model_version,
                scores.index_version,
                scores.day_number
            order by scores.run_number rows between unbounded preceding and 1 preceding
        ) as lowest_of_day
    from scores
),

compared as (
    select
        lowest.*,
        earlier.as_of_date as earlier_as_of_date,
        earlier.score as earlier_score,
        lowest.score - earlier.score as change_since_earlier,
        case
            when earlier.run_number is not null
                then
                    coalesce(lowest.model_version, '') = coalesce(earlier.model_version, '')
                    and coalesce(lowest.index_version, '') = coalesce(earlier.index_version, '')
        end as is_earlier_comparable,
        firsts.as_of_date as first_as_of_date,
        firsts.score as first_score,
        lowest.score - firsts.score as change_since_first,
        case
            when firsts.run_number is not null
                then
                    coalesce(lowest.model_version, '') = coalesce(firsts.model_version, '')
                    and coalesce(lowest.index_version, '') = coalesce(firsts.index_version, '')
        end as is_first_comparable,
        lowest.score - {{ earlier_of("lowest.lowest_of_days", "lowest.lowest_of_day") }}
            as rise_within_year
    from lowest
    left join scores as earlier
        on
            lowest.model = earlier.model
            and lowest.person_id = earlier.person_id
            and lowest.earlier_run_number = earlier.run_number
    left join scores as firsts
        on
            lowest.model = firsts.model
            and lowest.person_id = firsts.person_id
            and lowest.first_run_number = firsts.run_number
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["run_number", "model", "person_id"]) }}
            as score_history_id,
        run_number,
        invocation_id,
        started_at,
        model,
        person_id,
        as_of_date,
        model_version,
        index_version,
        model_score,
        index_score,
        score,
        winner,
        level,
        known_by,
        earlier_run_number,
        earlier_as_of_date,
        earlier_score,
        change_since_earlier,
        is_earlier_comparable,
        first_run_number,
        first_as_of_date,
        first_score,
        change_since_first,
        is_first_comparable,
        rise_within_year,
        rise_within_year >= {{ var("emerging_rise") }} as is_emerging,
        'restricted' as handling,
        'special_category' as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from compared
)

select * from final
