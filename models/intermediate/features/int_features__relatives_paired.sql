with person_dates as (
    select * from {{ ref("int_features__person_dates_listed") }}
),

members as (
    select * from {{ ref("int_identity__family_members_identified") }}
),

families as (
    select
        person_dates.person_id,
        person_dates.as_of_date,
        members.family_id
    from person_dates
    inner join members
        on
            person_dates.person_id = members.person_id
            and person_dates.as_of_date >= members.from_date
            and (members.to_date is null or person_dates.as_of_date < members.to_date)
),

final as (
    select
        families.person_id,
        families.as_of_date,
        families.family_id,
        members.person_id as relative_id
    from families
    inner join members
        on
            families.family_id = members.family_id
            and families.as_of_date >= members.from_date
            and (members.to_date is null or families.as_of_date < members.to_date)
    where families.person_id <> members.person_id
)

select * from final
