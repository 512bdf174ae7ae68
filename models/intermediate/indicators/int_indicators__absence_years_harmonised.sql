with source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

attendance_rows as (
    {{ rows_with_persons(
        "stg_bristol_education__attendance", "staged.pupil_id", "bristol_education", "pupils"
    ) }}
),

half_terms as (
    select
        *,
        {{ dbt.split_part("half_term", "'-'", 1) }} as academic_year,
        n_sessions_authorised + n_sessions_unauthorised as n_sessions_missed
    from attendance_rows
    where n_sessions_possible > 0
),

-- Every day on which what is known of a pupil's year changes.
changes as (
    select
        pupil_id,
        academic_year,
        known_from_date as change_date
    from half_terms
    union
    select
        pupil_id,
        academic_year,
        known_to_date as change_date
    from half_terms
    where known_to_date is not null
),

steps as (
    select
        pupil_id,
        academic_year,
        change_date,
        lead(change_date) over (partition by pupil_id, academic_year order by change_date)
            as next_change_date
    from changes
),

-- The year by what was known from each such day on, as the programme that counts by half-terms
-- would have told it; the row that the sum is traced to is the last half-term's.
summed as (
    select
        steps.pupil_id,
        steps.academic_year,
        steps.change_date,
        steps.next_change_date,
        half_terms.person_id,
        sum(half_terms.n_sessions_missed) as n_sessions_missed,
        sum(half_terms.n_sessions_possible) as n_sessions_possible,
        max(half_terms.half_term) as last_half_term
    from steps
    inner join half_terms
        on
            steps.pupil_id = half_terms.pupil_id
            and steps.academic_year = half_terms.academic_year
            and steps.change_date >= half_terms.known_from_date
            and (half_terms.known_to_date is null or steps.change_date < half_terms.known_to_date)
    group by
        steps.pupil_id, steps.academic_year, steps.change_date, steps.next_change_date,
        half_terms.person_id
),

dated as (
    select
        summed.pupil_id,
        summed.academic_year,
        summed.person_id,
        half_terms.source_row_key,
        half_terms.version_number,
        cast(100 * summed.n_sessions_missed as {{ type_double() }}) / summed.n_sessions_possible
            as percent_missed,
        summed.change_date,
        summed.next_change_date,
        {{ cast_guarded("summed.academic_year || '-09-01'", "date") }} as year_start_date
    from summed
    inner join half_terms
        on
            summed.pupil_id = half_terms.pupil_id
            and summed.last_half_term = half_terms.half_term
            and summed.change_date >= half_terms.known_from_date
            and (half_terms.known_to_date is null or summed.change_date < half_terms.known_to_date)
),

-- The other programme tells a year when it is over, in the second half of July.
over_dated as (
    select
        *,
        {{ dbt.dateadd("day", 322, "year_start_date") }} as year_over_date
    from dated
    where year_start_date is not null
),

known as (
    select
        *,
        {{ later_of("change_date", "year_over_date") }} as known_from_date
    from over_dated
    where next_change_date is null or next_change_date > year_over_date
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["pupil_id", "academic_year", "known_from_date"]) }}
            as absence_year_key,
        person_id,
        pupil_id,
        academic_year,
        year_start_date,
        percent_missed,
        source_row_key,
        version_number,
        cast(known_from_date as date) as known_from_date,
        next_change_date as known_to_date
    from known
)

select * from final
