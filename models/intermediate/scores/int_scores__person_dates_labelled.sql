{%- set n_letters = var("score_draw_letters") -%}
with drawn as (
    select * from {{ ref("int_scores__person_dates_sampled") }}
),

models as (
    select * from {{ ref("int_scores__models_configured") }}
),

outcomes as (
    select * from {{ ref("int_scores__outcomes_dated") }}
),

birth_dates as (
    select * from {{ ref("int_identity__birth_dates_dated") }}
),

programme_stays as (
    select * from {{ ref("int_identity__programmes_dated") }}
),

members as (
    select * from {{ ref("int_identity__family_members_identified") }}
),

spans as (
    select
        drawn.draw_key,
        drawn.model,
        drawn.as_of_date,
        drawn.person_id,
        drawn.reason,
        models.target,
        models.area,
        models.outcome_age_below,
        cast(
            {{ dbt.dateadd("day", "models.horizon_days", "drawn.as_of_date") }} as date
        ) as horizon_date
    from drawn
    inner join models on drawn.model = models.model
    -- What comes after the date of the data nobody knows.
    where drawn.reason <> 'today'
),

-- The first one after the day, as it is known now.
next_outcomes as (
    select
        spans.draw_key,
        min(outcomes.outcome_date) as outcome_date
    from spans
    inner join outcomes
        on
            spans.target = outcomes.target
            and spans.person_id = outcomes.person_id
            and spans.as_of_date < outcomes.outcome_date
    where outcomes.known_to_date is null
    group by spans.draw_key
),

known_on as (
    select
        spans.draw_key,
        next_outcomes.outcome_date,
        min(outcomes.known_from_date) as outcome_known_on
    from spans
    inner join next_outcomes on spans.draw_key = next_outcomes.draw_key
    inner join outcomes
        on
            spans.target = outcomes.target
            and spans.person_id = outcomes.person_id
            and next_outcomes.outcome_date = outcomes.outcome_date
    group by spans.draw_key, next_outcomes.outcome_date
),

aged_out as (
    select
        spans.draw_key,
        min(
            cast(
                {{ dbt.dateadd("year", "spans.outcome_age_below", "birth_dates.birth_date") }}
                as date
            )
        ) as aged_out_on
    from spans
    inner join birth_dates on spans.person_id = birth_dates.person_id
    where birth_dates.to_date is null and spans.outcome_age_below is not null
    group by spans.draw_key
),

-- Who lives in the area by several records has left it when the last of them says so.
leavings as (
    select
        spans.draw_key,
        case
            when count(*) = count(programme_stays.to_date) then max(programme_stays.to_date)
        end as left_on
    from spans
    inner join programme_stays
        on
            spans.person_id = programme_stays.person_id
            and spans.as_of_date >= programme_stays.from_date
            and (
                programme_stays.to_date is null or spans.as_of_date < programme_stays.to_date
            )
            and (spans.area is null or spans.area = programme_stays.programme)
    group by spans.draw_key
),

families as (
    select
        spans.draw_key,
        min(members.family_id) as family_id
    from spans
    inner join members
        on
            spans.person_id = members.person_id
            and spans.as_of_date >= members.from_date
            and (members.to_date is null or spans.as_of_date < members.to_date)
    group by spans.draw_key
),

joined as (
    select
        spans.draw_key,
        spans.model,
        spans.as_of_date,
        spans.person_id,
        spans.reason,
        spans.horizon_date,
        known_on.outcome_date,
        known_on.outcome_known_on,
        coalesce(families.family_id, spans.person_id) as cluster_id,
        case when aged_out.aged_out_on <= spans.horizon_date then aged_out.aged_out_on end
            as aged_out_on,
        case when leavings.left_on <= spans.horizon_date then leavings.left_on end as left_on
    from spans
    left join known_on on spans.draw_key = known_on.draw_key
    left join families on spans.draw_key = families.draw_key
    left join aged_out on spans.draw_key = aged_out.draw_key
    left join leavings on spans.draw_key = leavings.draw_key
),

-- Who comes of age within the horizon is left out whatever came before: that is known in advance,
-- and were only those kept to whom something came, their age would tell it. Who left is left out
-- when nothing came before.
told as (
    select
        *,
        {{ dbt.datediff("as_of_date", "outcome_date", "day") }}
            as n_days_to_outcome,
        aged_out_on is null
        and (left_on is null or coalesce(outcome_date < left_on, false)) as is_told
    from joined
),

final as (
    select
        draw_key,
        model,
        as_of_date,
        person_id,
        reason,
        cluster_id,
        outcome_date,
        outcome_known_on,
        case when is_told then outcome_date is not null and outcome_date <= horizon_date end
            as is_outcome,
        case
            when is_told and outcome_date <= horizon_date
                then cast(n_days_to_outcome as integer)
        end as lead_days,
        case
            when is_told then null
            when left_on is null or aged_out_on <= left_on then 'of age'
            else 'left'
        end as censored,
        case when reason = 'unlabelled' then {{ 16 ** n_letters }} else 1 end as weight
    from told
)

select * from final
