{{ stands_below("identity") }}
with members as (
    select * from {{ ref("int_identity__family_members_identified") }}
),

final as (
    select
        membership_id,
        family_id,
        person_id,
        from_date,
        to_date,
        known_from_date,
        to_date is null as is_current,
        has_recorded_relation,
        'official_sensitive' as handling,
        'personal' as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from members
)

select * from final
