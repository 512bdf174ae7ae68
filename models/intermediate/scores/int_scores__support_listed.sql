with files as (
    select * from {{ ref("stg_load_ledger__files") }}
),

markers as (
    select * from {{ ref("score_marker") }}
),

outcomes as (
    select * from {{ ref("int_scores__outcomes_dated") }}
),

facts as (
    select * from {{ ref("int_indicators__facts_coded") }}
),

intelligence as (
    select * from {{ ref("int_indicators__intelligence_coded") }}
),

exploitation_markers as (
    select * from {{ ref("stg_police_records__exploitation_markers") }}
),

label_records as (
    select * from {{ ref("int_identity__label_records_attached") }}
),

birth_dates as (
    select * from {{ ref("int_identity__birth_dates_dated") }}
),

-- What a marker may list somebody for, a service takes them on for.
targets as (
    select distinct target
    from markers
),

data_dates as (
    select max(extract_date) as as_of_date
    from files
),

told as (
    {%- for relation in ["facts", "intelligence"] %}
        select distinct
            {{ relation }}.person_id,
            'flagged' as what,
            {{ relation }}.from_date as told_date,
            {{ relation }}.known_from_date,
            {{ relation }}.known_to_date
        from {{ relation }}
        inner join markers on {{ relation }}.indicator_code = markers.marker
        union all
    {%- endfor %}
    select
        label_records.person_id,
        'flagged' as what,
        exploitation_markers.from_date as told_date,
        exploitation_markers.known_from_date,
        exploitation_markers.known_to_date
    from exploitation_markers
    inner join label_records
        on
            exploitation_markers.source_row_key = label_records.source_row_key
            and label_records.source_system = 'police_records'
            and label_records.source_extract = 'markers'
    union all
    select
        outcomes.person_id,
        'served' as what,
        outcomes.outcome_date as told_date,
        outcomes.known_from_date,
        outcomes.known_to_date
    from outcomes
    inner join targets on outcomes.target = targets.target
),

-- As the records stand on the date of the data.
known as (
    select
        told.person_id,
        told.what,
        told.told_date,
        data_dates.as_of_date
    from told
    inner join data_dates
        on
            told.told_date <= data_dates.as_of_date
            and {{ known_on("told", "data_dates.as_of_date") }}
    where told.person_id is not null
),

final as (
    select
        known.person_id,
        known.as_of_date,
        max(case when known.what = 'flagged' then 1 else 0 end) = 1 as was_flagged,
        max(case when known.what = 'served' then 1 else 0 end) = 1 as was_served,
        min(known.told_date) as first_date,
        max(known.told_date) as last_date
    from known
    inner join birth_dates
        on
            known.person_id = birth_dates.person_id
            and known.as_of_date >= birth_dates.from_date
            and (birth_dates.to_date is null or known.as_of_date < birth_dates.to_date)
    where
        {{ age_in_years("birth_dates.birth_date", "known.told_date") }} < 18
        and {{ age_in_years("birth_dates.birth_date", "known.as_of_date") }} >= 18
    group by known.person_id, known.as_of_date
)

select * from final
