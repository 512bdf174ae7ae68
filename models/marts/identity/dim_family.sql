{{ stands_below("identity") }}
with compositions as (
    select * from {{ ref("fct_family_composition") }}
),

members as (
    select * from {{ ref("int_identity__family_members_identified") }}
),

latest as (
    select
        *,
        row_number() over (partition by family_id order by from_date desc) as nth_latest
    from compositions
),

spans as (
    select
        family_id,
        min(from_date) as first_date,
        case when count(*) = count(to_date) then max(to_date) end as ended_date,
        count(distinct person_id) as n_persons_ever
    from members
    group by family_id
),

final as (
    select
        spans.family_id,
        spans.first_date,
        spans.ended_date,
        spans.ended_date is null as is_current,
        latest.n_members,
        latest.n_children,
        latest.n_adults,
        latest.n_of_unknown_age,
        cast(spans.n_persons_ever as integer) as n_persons_ever,
        'official_sensitive' as handling,
        'personal' as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from spans
    inner join latest
        on spans.family_id = latest.family_id and latest.nth_latest = 1
)

select * from final
