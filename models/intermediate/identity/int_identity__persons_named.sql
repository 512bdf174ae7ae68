with records as (
    select * from {{ ref("int_identity__person_records_standardised") }}
),

source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

-- Who sees a document or writes to the person regularly keeps a name best.
ranked_records as (
    select
        source_persons.person_id,
        records.source_person_key,
        records.forename,
        records.surname,
        records.former_surname,
        records.birth_date,
        records.is_current,
        records.last_recorded_date,
        records.person_record_key,
        case
            when records.source_system = 'health' then 1
            when records.source_system = 'dwp' then 2
            when records.source_extract = 'pupils' then 3
            when records.source_system in ('bristol_social_care', 'somerset_children') then 4
            when records.source_system in ('bristol_housing', 'somerset_housing') then 5
            when records.source_system = 'bristol_revenues' then 6
            when records.source_extract = 'pupil_contacts' then 7
            else 8
        end as source_rank
    from records
    inner join source_persons on records.source_person_key = source_persons.source_person_key
),

-- A former name must not come back: not one that a source calls former, nor one that a source has
-- replaced (or put right) while another still repeats it.
former_surnames as (
    select distinct
        person_id,
        former_surname as surname
    from ranked_records
    where former_surname is not null
),

replaced_names as (
    select distinct
        past.person_id,
        past.forename,
        past.surname
    from ranked_records as past
    inner join ranked_records as present
        on
            past.source_person_key = present.source_person_key
            and present.is_current
            and (
                past.surname <> present.surname
                or past.forename <> present.forename
            )
    where not past.is_current
),

names_ranked as (
    select
        ranked_records.person_id,
        ranked_records.forename,
        ranked_records.surname,
        row_number() over (
            partition by ranked_records.person_id
            order by
                case when former_surnames.surname is null then 0 else 1 end,
                case when replaced_names.surname is null then 0 else 1 end,
                case when ranked_records.is_current then 0 else 1 end,
                ranked_records.source_rank asc,
                ranked_records.last_recorded_date desc,
                ranked_records.person_record_key asc
        ) as nth_best
    from ranked_records
    left join former_surnames
        on
            ranked_records.person_id = former_surnames.person_id
            and ranked_records.surname = former_surnames.surname
    left join replaced_names
        on
            ranked_records.person_id = replaced_names.person_id
            and ranked_records.forename = replaced_names.forename
            and ranked_records.surname = replaced_names.surname
    where ranked_records.forename is not null and ranked_records.surname is not null
),

birth_dates as (
    select
        person_id,
        birth_date,
        row_number() over (
            partition by person_id
            order by count(distinct source_person_key) desc, min(source_rank), birth_date
        ) as nth_best
    from ranked_records
    where birth_date is not null
    group by person_id, birth_date
),

persons as (
    select distinct person_id
    from source_persons
),

final as (
    select
        persons.person_id,
        names_ranked.forename,
        names_ranked.surname,
        birth_dates.birth_date
    from persons
    left join names_ranked
        on persons.person_id = names_ranked.person_id and names_ranked.nth_best = 1
    left join birth_dates
        on persons.person_id = birth_dates.person_id and birth_dates.nth_best = 1
)

select * from final
