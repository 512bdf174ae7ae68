with meetings as (
    select * from {{ ref("int_network__meetings_implied") }}
),

-- Several incidents of either on one day at one place are one meeting.
days as (
    select
        person_id_l,
        person_id_r,
        uprn,
        met_date,
        min(known_on) as known_on,
        min(reported_together_on) as reported_together_on,
        case when count(*) = count(withdrawn_on) then max(withdrawn_on) end as withdrawn_on,
        min(n_persons_at_place) as n_persons_at_place
    from meetings
    group by person_id_l, person_id_r, uprn, met_date
),

ranked as (
    select
        *,
        row_number() over (
            partition by person_id_l, person_id_r
            order by known_on asc, met_date asc, uprn asc
        ) as nth_known
    from days
),

gathered as (
    select
        person_id_l,
        person_id_r,
        count(*) as n_meetings,
        count(distinct uprn) as n_places,
        max(case when nth_known = 1 then uprn end) as uprn,
        min(met_date) as first_met_date,
        max(met_date) as last_met_date,
        min(known_on) as known_on,
        min(reported_together_on) as reported_together_on,
        case when count(*) = count(withdrawn_on) then max(withdrawn_on) end as withdrawn_on,
        sum(1 / cast(n_persons_at_place - 1 as {{ type_double() }})) as strength
    from ranked
    group by person_id_l, person_id_r
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["person_id_l", "person_id_r"]) }} as implied_key,
        person_id_l,
        person_id_r,
        cast(n_meetings as integer) as n_meetings,
        cast(n_places as integer) as n_places,
        uprn,
        first_met_date,
        last_met_date,
        known_on,
        {{ earlier_of("reported_together_on", "withdrawn_on") }} as ended_on,
        reported_together_on,
        strength
    from gathered
)

select * from final
