{{ stands_below("exploitation") }}
{{ stands_below("indicators") }}
{{ stands_below("network") }}
{{ stands_below("scores") }}
with scored as (
    select * from {{ ref("int_scores__persons_scored") }}
),

models as (
    select * from {{ ref("int_scores__models_configured") }}
),

judged as (
    select * from {{ ref("int_scores__models_judged") }}
),

indicators as (
    select * from {{ ref("score_indicator") }}
),

texts as (
    select * from {{ ref("int_scores__texts_written") }}
),

models_shown as (
    select
        models.model,
        indicators.indicator,
        indicators.meaning,
        judged.is_withdrawn,
        judged.reason
    from models
    inner join indicators on models.model = indicators.model
    inner join judged on models.model = judged.model
    -- Adults are told of to analysts alone, by the network alone.
    where models.method <> 'network'
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["scored.model", "scored.person_id"]) }}
            as risk_profile_id,
        scored.person_id,
        models_shown.indicator,
        models_shown.meaning,
        scored.as_of_date as indicator_date,
        cast(
            case when not models_shown.is_withdrawn then scored.score end as numeric(12, 3)
        ) as value,
        case
            when models_shown.is_withdrawn
                then
                    'No score is shown. '
                    || models_shown.reason
                    || case
                        when scored.known_by is null then ''
                        else ' Already known by ' || scored.known_by || '.'
                    end
            else texts.text
        end as notes,
        case when not models_shown.is_withdrawn then scored.level end as level,
        case when not models_shown.is_withdrawn then texts.text_why end as notes_why,
        case when not models_shown.is_withdrawn then texts.text_person end as notes_person,
        case when not models_shown.is_withdrawn then texts.text_family end as notes_family,
        scored.known_by,
        case when not models_shown.is_withdrawn then scored.winner end as winner,
        case when not models_shown.is_withdrawn then scored.is_strong_disagreement end
            as is_strong_disagreement,
        cast(
            case when not models_shown.is_withdrawn then scored.model_score end as numeric(12, 3)
        ) as model_score,
        cast(
            case when not models_shown.is_withdrawn then scored.index_score end as numeric(12, 3)
        ) as index_score,
        cast(
            case when not models_shown.is_withdrawn then scored.score_no_proxies end
            as numeric(12, 3)
        ) as value_no_proxies,
        models_shown.is_withdrawn,
        scored.model,
        scored.model_version,
        scored.index_version,
        'official_sensitive' as handling,
        'criminal_offence' as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from scored
    inner join models_shown on scored.model = models_shown.model
    inner join texts
        on
            scored.model = texts.model
            and scored.person_id = texts.person_id
            and scored.as_of_date = texts.as_of_date
)

select * from final
