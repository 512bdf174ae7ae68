{{ stands_below("identity") }}
with members as (
    select * from {{ ref("int_identity__family_members_identified") }}
),

persons as (
    select * from {{ ref("int_identity__persons_named") }}
),

change_dates as (
    select
        family_id,
        from_date as change_date
    from members
    union
    select
        family_id,
        to_date as change_date
    from members
    where to_date is not null
),

periods as (
    select
        family_id,
        change_date as from_date,
        lead(change_date) over (partition by family_id order by change_date) as to_date
    from change_dates
),

aged_members as (
    select
        members.family_id,
        members.from_date,
        members.to_date,
        persons.birth_date
    from members
    inner join persons on members.person_id = persons.person_id
),

-- Ages are told as of the first day of a period, as far as a birth date is known.
counted as (
    select
        periods.family_id,
        periods.from_date,
        periods.to_date,
        count(*) as n_members,
        count(*) filter (
            where {{ age_in_years("aged_members.birth_date", "periods.from_date") }} < 18
        ) as n_children,
        count(*) filter (
            where {{ age_in_years("aged_members.birth_date", "periods.from_date") }} >= 18
        ) as n_adults,
        count(*) filter (where aged_members.birth_date is null) as n_of_unknown_age
    from periods
    inner join aged_members
        on
            periods.family_id = aged_members.family_id
            and periods.from_date >= aged_members.from_date
            and (aged_members.to_date is null or periods.from_date < aged_members.to_date)
    group by periods.family_id, periods.from_date, periods.to_date
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["family_id", "from_date"]) }} as composition_id,
        family_id,
        from_date,
        to_date,
        to_date is null as is_current,
        cast(n_members as integer) as n_members,
        cast(n_children as integer) as n_children,
        cast(n_adults as integer) as n_adults,
        cast(n_of_unknown_age as integer) as n_of_unknown_age,
        'official_sensitive' as handling,
        'personal' as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from counted
)

select * from final
