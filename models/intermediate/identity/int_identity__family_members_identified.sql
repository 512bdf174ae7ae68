with spells as (
    select * from {{ ref("int_identity__family_spells_followed") }}
),

registry as (
    select * from {{ ref("int_identity__family_ids_registered") }}
),

ties as (
    select * from {{ ref("int_identity__family_ties_dated") }}
),

registry_ranked as (
    select
        member_key,
        family_id,
        row_number() over (partition by member_key order by registry_run desc) as nth_latest
    from registry
),

keyed as (
    select
        {{ dbt_utils.generate_surrogate_key(["person_id", "from_date"]) }} as membership_id,
        person_id,
        from_date,
        to_date
    from spells
),

recorded_ties as (
    select
        person_id_l as person_id,
        from_date,
        to_date
    from ties
    where is_recorded
    union
    select
        person_id_r as person_id,
        from_date,
        to_date
    from ties
    where is_recorded
),

stays_recorded as (
    select distinct keyed.membership_id
    from keyed
    inner join recorded_ties
        on
            keyed.person_id = recorded_ties.person_id
            and (recorded_ties.to_date is null or keyed.from_date < recorded_ties.to_date)
            and (keyed.to_date is null or keyed.to_date > recorded_ties.from_date)
),

-- A stay is told by what was recorded on each day, so that it was known from its first day.
final as (
    select
        keyed.membership_id,
        keyed.person_id,
        registry_ranked.family_id,
        keyed.from_date,
        keyed.to_date,
        keyed.from_date as known_from_date,
        stays_recorded.membership_id is not null as has_recorded_relation
    from keyed
    left join stays_recorded on keyed.membership_id = stays_recorded.membership_id
    inner join registry_ranked
        on
            keyed.membership_id = registry_ranked.member_key
            and registry_ranked.nth_latest = 1
)

select * from final
