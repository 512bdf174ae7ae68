{#- An unlabelled person is drawn on a day when the hashes of both begin with the same letters. -#}
{%- set n_letters = var("score_draw_letters") -%}
with models as (
    select * from {{ ref("int_scores__models_configured") }}
),

cutoffs as (
    select * from {{ ref("int_scores__cutoffs_dated") }}
),

files as (
    select * from {{ ref("stg_load_ledger__files") }}
),

outcomes as (
    select * from {{ ref("int_scores__outcomes_dated") }}
),

birth_dates as (
    select * from {{ ref("int_identity__birth_dates_dated") }}
),

programme_stays as (
    select * from {{ ref("int_identity__programmes_dated") }}
),

-- Where the outcome is the person's own history, earlier days of everybody are learned from.
learned as (
    select * from models
    where is_seen_before_outcome
),

-- A labelled person is seen on the day before the referral, which itself makes records, and on the
-- day before the outcome, as the original saw them.
labelled as (
    {%- for rule, day in [
        ("before_referral", "referral_date"), ("before_outcome", "outcome_date")
    ] %}
        select distinct
            learned.model,
            '{{ rule }}' as reason,
            outcomes.person_id,
            cast({{ dbt.dateadd("day", -1, "outcomes." ~ day) }} as date) as as_of_date
        from learned
        inner join outcomes on learned.target = outcomes.target
        where outcomes.person_id is not null
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

labelled_days as (
    select distinct
        model,
        as_of_date,
        substr(
            {{ dbt.hash("cast(as_of_date as " ~ dbt.type_string() ~ ")") }}, 1, {{ n_letters }}
        ) as hash_start
    from labelled
),

data_dates as (
    select max(extract_date) as data_date
    from files
),

persons as (
    select distinct
        person_id,
        substr({{ dbt.hash("person_id") }}, 1, {{ n_letters }}) as hash_start
    from birth_dates
),

candidates as (
    select
        model,
        as_of_date,
        person_id,
        reason
    from labelled
    union all
    select
        labelled_days.model,
        labelled_days.as_of_date,
        persons.person_id,
        'unlabelled' as reason
    from labelled_days
    inner join persons on labelled_days.hash_start = persons.hash_start
    left join labelled
        on
            labelled_days.model = labelled.model
            and labelled_days.as_of_date = labelled.as_of_date
            and persons.person_id = labelled.person_id
    where labelled.person_id is null
    union all
    -- The earliest day is only learned from, by models that learn from days of everybody.
    select
        models.model,
        cutoffs.cutoff_date as as_of_date,
        persons.person_id,
        case when cutoffs.is_tested then 'test' else 'earlier day' end as reason
    from models
    inner join cutoffs on cutoffs.is_tested or not models.is_seen_before_outcome
    cross join persons
    where models.method = 'learned'
    union all
    -- On the day after the latest, to see how many stay on a list when one day more is known.
    select
        models.model,
        cast({{ dbt.dateadd("day", 1, "cutoffs.cutoff_date") }} as date) as as_of_date,
        persons.person_id,
        'day after' as reason
    from models
    cross join cutoffs
    cross join persons
    where models.method = 'learned' and cutoffs.nth_latest = 1
    union all
    -- Whom every model scores as of the date of the data, whether it learns or not.
    select
        models.model,
        data_dates.data_date as as_of_date,
        persons.person_id,
        'today' as reason
    from models
    cross join data_dates
    cross join persons
),

-- Who was of the age, by the birth date that was known on the day.
of_age as (
    select
        candidates.model,
        candidates.as_of_date,
        candidates.person_id,
        candidates.reason,
        models.target,
        models.area,
        models.is_first_only,
        models.within_days
    from candidates
    inner join models on candidates.model = models.model
    inner join birth_dates
        on
            candidates.person_id = birth_dates.person_id
            and candidates.as_of_date >= birth_dates.from_date
            and (birth_dates.to_date is null or candidates.as_of_date < birth_dates.to_date)
    where
        {{ age_in_years("birth_dates.birth_date", "candidates.as_of_date") }} >= models.age_from
        and (
            models.age_below is null
            or {{ age_in_years("birth_dates.birth_date", "candidates.as_of_date") }}
            < models.age_below
        )
),

resident as (
    select distinct
        of_age.model,
        of_age.as_of_date,
        of_age.person_id,
        of_age.reason,
        of_age.target,
        of_age.is_first_only,
        of_age.within_days
    from of_age
    inner join programme_stays
        on
            of_age.person_id = programme_stays.person_id
            and of_age.as_of_date >= programme_stays.from_date
            and (
                programme_stays.to_date is null or of_age.as_of_date < programme_stays.to_date
            )
            and (of_age.area is null or of_age.area = programme_stays.programme)
),

-- What had happened and was known by the day.
earlier as (
    select
        resident.model,
        resident.as_of_date,
        resident.person_id,
        max(outcomes.outcome_date) as last_outcome_date
    from resident
    inner join outcomes
        on
            resident.target = outcomes.target
            and resident.person_id = outcomes.person_id
            and resident.as_of_date >= outcomes.outcome_date
            and {{ known_on("outcomes", "resident.as_of_date") }}
    group by resident.model, resident.as_of_date, resident.person_id
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            "resident.model", "resident.as_of_date", "resident.person_id", "resident.reason"
        ]) }} as draw_key,
        resident.model,
        resident.as_of_date,
        resident.person_id,
        resident.reason
    from resident
    left join earlier
        on
            resident.model = earlier.model
            and resident.as_of_date = earlier.as_of_date
            and resident.person_id = earlier.person_id
    where
        (not resident.is_first_only or earlier.last_outcome_date is null)
        and (
            resident.within_days is null
            or {{ dbt.datediff("earlier.last_outcome_date", "resident.as_of_date", "day") }}
            < resident.within_days
        )
)

select * from final
