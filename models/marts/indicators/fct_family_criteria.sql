{{ stands_below("indicators") }}
with told as (
    select * from {{ ref("int_indicators__persons_told") }}
),

members as (
    select * from {{ ref("int_identity__family_members_identified") }}
),

catalogue as (
    select * from {{ ref("indicator_catalogue") }}
),

outcomes as (
    select * from {{ ref("indicator_outcome") }}
),

needs as (
    select * from {{ ref("need_catalogue") }}
),

indicator_needs as (
    select
        indicator_code,
        criterion as need_code
    from catalogue
    union all
    select
        indicator_code,
        outcome_code as need_code
    from outcomes
),

met_by_members as (
    select
        members.family_id,
        told.person_id,
        needs.framework,
        needs.need_code,
        needs.need,
        told.as_of_date,
        min(told.since_date) as since_date,
        count(distinct told.indicator_code) as n_indicators
    from told
    inner join members
        on
            told.person_id = members.person_id
            and told.as_of_date >= members.from_date
            and (members.to_date is null or told.as_of_date < members.to_date)
    inner join indicator_needs on told.indicator_code = indicator_needs.indicator_code
    inner join needs on indicator_needs.need_code = needs.need_code
    group by
        members.family_id, told.person_id, needs.framework, needs.need_code, needs.need,
        told.as_of_date
),

met_by_families as (
    select
        family_id,
        framework,
        need_code,
        min(since_date) as family_since_date,
        count(*) as n_members_meeting
    from met_by_members
    group by family_id, framework, need_code
),

families as (
    select
        family_id,
        framework,
        count(*) as n_needs_of_family
    from met_by_families
    group by family_id, framework
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            "met_by_members.family_id", "met_by_members.need_code", "met_by_members.person_id",
        ]) }} as family_criterion_id,
        met_by_members.family_id,
        met_by_members.framework,
        met_by_members.need_code,
        met_by_members.need,
        met_by_families.family_since_date,
        met_by_members.person_id,
        met_by_members.since_date,
        cast(met_by_members.n_indicators as integer) as n_indicators,
        cast(met_by_families.n_members_meeting as integer) as n_members_meeting,
        cast(families.n_needs_of_family as integer) as n_needs_of_family,
        families.n_needs_of_family >= 2 as is_two_or_more,
        met_by_members.as_of_date,
        'official_sensitive' as handling,
        'special_category' as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from met_by_members
    inner join met_by_families
        on
            met_by_members.family_id = met_by_families.family_id
            and met_by_members.need_code = met_by_families.need_code
    inner join families
        on
            met_by_members.family_id = families.family_id
            and met_by_members.framework = families.framework
)

select * from final
