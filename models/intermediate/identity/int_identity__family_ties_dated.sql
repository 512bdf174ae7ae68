{%- set end_of_time = "cast('9999-12-31' as date)" -%}
with relations as (
    select * from {{ ref("int_identity__relations_recorded") }}
),

inferred_relations as (
    select * from {{ ref("int_identity__relations_inferred") }}
),

homes as (
    select * from {{ ref("int_identity__homes_dated") }}
),

placements as (
    select * from {{ ref("int_identity__placements_dated") }}
),

records as (
    select * from {{ ref("int_identity__person_records_standardised") }}
),

source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

-- What was recorded of a relation on a day: from when it both began and was known, until it ended
-- or its version was replaced.
relation_spans as (
    select
        person_id_l,
        person_id_r,
        is_household,
        {{ later_of("from_date", "known_from_date") }} as from_date,
        {{ earlier_of("to_date", "known_to_date") }} as to_date
    from relations
),

relations_at_one_home as (
    select
        relation_spans.person_id_l,
        relation_spans.person_id_r,
        greatest(relation_spans.from_date, homes_l.from_date, homes_r.from_date) as from_date,
        least(
            coalesce(relation_spans.to_date, {{ end_of_time }}),
            coalesce(homes_l.to_date, {{ end_of_time }}),
            coalesce(homes_r.to_date, {{ end_of_time }})
        ) as to_date,
        coalesce(relation_spans.to_date, {{ end_of_time }}) as relation_to_date,
        true as is_recorded
    from relation_spans
    inner join homes as homes_l on relation_spans.person_id_l = homes_l.person_id
    inner join homes as homes_r
        on
            relation_spans.person_id_r = homes_r.person_id
            and homes_l.uprn = homes_r.uprn
    where not relation_spans.is_household
),

-- A tenancy or claim says itself that its members live together.
relations_in_one_household as (
    select
        person_id_l,
        person_id_r,
        from_date,
        coalesce(to_date, {{ end_of_time }}) as to_date,
        coalesce(to_date, {{ end_of_time }}) as relation_to_date,
        true as is_recorded
    from relation_spans
    where is_household
),

relations_by_name as (
    select
        person_id_l,
        person_id_r,
        from_date,
        coalesce(to_date, {{ end_of_time }}) as to_date,
        {{ end_of_time }} as relation_to_date,
        false as is_recorded
    from inferred_relations
),

ties as (
    select * from relations_at_one_home
    where from_date < to_date
    union
    select * from relations_in_one_household
    where from_date < to_date
    union
    select * from relations_by_name
),

-- A child in care belongs to the family of origin: a tie that ends during a placement, because the
-- child's address is now another or the family moved on without the child, lasts as long as the
-- placement. Where the placement was recorded only later, the tie is one again from that day on.
ties_placed as (
    select
        ties.person_id_l,
        ties.person_id_r,
        ties.from_date,
        ties.to_date,
        ties.relation_to_date,
        ties.is_recorded,
        max(
            greatest(
                case
                    when placements_l.person_id is not null
                        then coalesce(placements_l.to_date, {{ end_of_time }})
                    else ties.to_date
                end,
                case
                    when placements_r.person_id is not null
                        then coalesce(placements_r.to_date, {{ end_of_time }})
                    else ties.to_date
                end
            )
        ) as placed_to_date,
        max(
            greatest(
                coalesce(placements_l.known_from_date, ties.from_date),
                coalesce(placements_r.known_from_date, ties.from_date)
            )
        ) as placed_known_date
    from ties
    left join placements as placements_l
        on
            ties.person_id_l = placements_l.person_id
            and ties.to_date >= placements_l.from_date
            and ties.to_date <= coalesce(placements_l.to_date, {{ end_of_time }})
    left join placements as placements_r
        on
            ties.person_id_r = placements_r.person_id
            and ties.to_date >= placements_r.from_date
            and ties.to_date <= coalesce(placements_r.to_date, {{ end_of_time }})
    group by
        ties.person_id_l, ties.person_id_r, ties.from_date, ties.to_date, ties.relation_to_date,
        ties.is_recorded
),

-- An adoption order ends every tie of the child's earlier life.
adoptions as (
    select
        source_persons.person_id,
        min(records.adoption_date) as adoption_date
    from records
    inner join source_persons on records.source_person_key = source_persons.source_person_key
    where records.adoption_date is not null
    group by source_persons.person_id
),

ties_known as (
    select
        person_id_l,
        person_id_r,
        from_date,
        case when placed_known_date <= to_date then placed_to_date else to_date end as to_date,
        relation_to_date,
        is_recorded
    from ties_placed
    union all
    select
        person_id_l,
        person_id_r,
        placed_known_date as from_date,
        placed_to_date as to_date,
        relation_to_date,
        is_recorded
    from ties_placed
    where placed_known_date > to_date
),

ended as (
    select
        ties_known.person_id_l,
        ties_known.person_id_r,
        ties_known.from_date,
        ties_known.is_recorded,
        least(
            ties_known.relation_to_date,
            ties_known.to_date,
            coalesce(adoptions_l.adoption_date, {{ end_of_time }}),
            coalesce(adoptions_r.adoption_date, {{ end_of_time }})
        ) as to_date
    from ties_known
    left join adoptions as adoptions_l on ties_known.person_id_l = adoptions_l.person_id
    left join adoptions as adoptions_r on ties_known.person_id_r = adoptions_r.person_id
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(
            ["person_id_l", "person_id_r", "from_date", "to_date", "is_recorded"]
        ) }} as tie_key,
        person_id_l,
        person_id_r,
        from_date,
        nullif(to_date, {{ end_of_time }}) as to_date,
        is_recorded
    from ended
    where from_date < to_date
    group by person_id_l, person_id_r, from_date, to_date, is_recorded
)

select * from final
