{{ stands_below("exploitation") }}
{{ stands_below("indicators") }}
{{ stands_below("network") }}
with as_of_dates as (
    select * from {{ ref("int_features__as_of_dates_listed") }}
),

nearness as (
    select * from {{ ref("int_features__nearness_measured") }}
),

risks as (
    select * from {{ ref("carried_risk") }}
),

associations as (
    select * from {{ ref("fct_association") }}
),

label_records as (
    {%- for extract, staged in [
        ("base_services", "stg_base__services"),
        ("panel_decisions", "stg_exploitation__panel_decisions"),
        ("national_referrals", "stg_exploitation__national_referrals"),
    ] %}
        select
            attached.person_id,
            staged.known_from_date,
            staged.known_to_date
        from {{ ref("int_identity__" ~ extract ~ "_attached") }} as attached
        inner join {{ ref(staged) }} as staged
            on attached.source_row_key = staged.source_row_key
        where attached.person_id is not null
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

known_to_services as (
    select distinct
        label_records.person_id,
        as_of_dates.as_of_date
    from label_records
    inner join as_of_dates on {{ known_on("label_records", "as_of_dates.as_of_date") }}
),

-- A pair may be tied more than once; of one family or household it is when any tie says so.
ties as (
    select
        associations.person_id,
        associations.associate_id,
        as_of_dates.as_of_date,
        max(case when associations.tie in ('family', 'household') then 1 else 0 end) as is_family
    from associations
    inner join as_of_dates
        on
            associations.linked_on <= as_of_dates.as_of_date
            and (
                associations.ended_on is null
                or associations.ended_on > as_of_dates.as_of_date
            )
    group by associations.person_id, associations.associate_id, as_of_dates.as_of_date
),

associates_known as (
    select
        ties.person_id,
        ties.as_of_date,
        count(*) as n_all,
        sum(1 - ties.is_family) as n_no_family
    from ties
    inner join known_to_services
        on
            ties.associate_id = known_to_services.person_id
            and ties.as_of_date = known_to_services.as_of_date
    group by ties.person_id, ties.as_of_date
),

scopes as (
    select 'all' as scope
    union all
    select 'no_family' as scope
),

persons as (
    select
        nearness.person_id,
        nearness.as_of_date
    from nearness
    inner join as_of_dates on nearness.as_of_date = as_of_dates.as_of_date
    union
    select
        person_id,
        as_of_date
    from associates_known
),

near as (
    select
        person_id,
        as_of_date,
        harm,
        scope,
        {%- for basis, suffix in [("all", ""), ("no_proxies", "_no_proxies")] %}
            {%- for measure in ["n_carriers", "risk", "nearest_hops", "proximity"] %}
                max(
                    case when basis = '{{ basis }}' then {{ measure }} end
                ) as {{ measure ~ suffix }},
            {%- endfor %}
        {%- endfor %}
        max(case when is_hub then 1 else 0 end) as is_hub
    from nearness
    group by person_id, as_of_date, harm, scope
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(
            ["persons.person_id", "persons.as_of_date", "risks.harm", "scopes.scope"]
        ) }} as network_risk_id,
        persons.person_id,
        persons.as_of_date,
        risks.harm,
        scopes.scope,
        {%- for suffix in ["", "_no_proxies"] %}
            coalesce(near.n_carriers{{ suffix }}, 0) as n_carriers{{ suffix }},
            coalesce(near.risk{{ suffix }}, 0) as risk{{ suffix }},
            near.nearest_hops{{ suffix }},
            coalesce(near.proximity{{ suffix }}, 0) as proximity{{ suffix }},
        {%- endfor %}
        coalesce(near.is_hub, 0) = 1 as is_hub,
        cast(
            case scopes.scope
                when 'all' then coalesce(associates_known.n_all, 0)
                else coalesce(associates_known.n_no_family, 0)
            end as integer
        ) as n_associates_known_to_services,
        'restricted' as handling,
        'criminal_offence' as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from persons
    cross join risks
    cross join scopes
    left join near
        on
            persons.person_id = near.person_id
            and persons.as_of_date = near.as_of_date
            and risks.harm = near.harm
            and scopes.scope = near.scope
    left join associates_known
        on
            persons.person_id = associates_known.person_id
            and persons.as_of_date = associates_known.as_of_date
)

select * from final
