with models as (
    select * from {{ ref("int_scores__models_configured") }}
),

markers as (
    select * from {{ ref("score_marker") }}
),

cutoffs as (
    select * from {{ ref("int_scores__cutoffs_dated") }}
),

as_of_dates as (
    select * from {{ ref("int_features__as_of_dates_listed") }}
),

windowed as (
    select * from {{ ref("int_features__indicators_windowed") }}
),

exploitation_markers as (
    select * from {{ ref("stg_police_records__exploitation_markers") }}
),

label_records as (
    select * from {{ ref("int_identity__label_records_attached") }}
),

days as (
    select cutoff_date as as_of_date
    from cutoffs
    where is_tested
    union
    select as_of_date
    from as_of_dates
),

-- An end that lies ahead had not come: on the day the marker stood.
police_markers as (
    select
        days.as_of_date,
        label_records.person_id,
        exploitation_markers.marker
    from exploitation_markers
    inner join label_records
        on
            exploitation_markers.source_row_key = label_records.source_row_key
            and label_records.source_system = 'police_records'
            and label_records.source_extract = 'markers'
    inner join days
        on
            exploitation_markers.from_date <= days.as_of_date
            and (
                exploitation_markers.to_date is null
                or days.as_of_date < exploitation_markers.to_date
            )
            and {{ known_on("exploitation_markers", "days.as_of_date") }}
    where label_records.person_id is not null
),

-- An indicator counts for as long as the catalogue's window says.
indicators as (
    select
        windowed.as_of_date,
        windowed.person_id,
        windowed.indicator_code as marker
    from windowed
    inner join days on windowed.as_of_date = days.as_of_date
    where windowed.weight > 0
),

borne as (
    select
        as_of_date,
        person_id,
        marker
    from police_markers
    union
    select
        as_of_date,
        person_id,
        marker
    from indicators
),

first_borne as (
    select
        models.model,
        models.target,
        borne.person_id,
        borne.as_of_date,
        min(markers.position) as position
    from borne
    inner join markers on borne.marker = markers.marker
    inner join models on markers.target = models.target
    group by models.model, models.target, borne.person_id, borne.as_of_date
),

final as (
    select
        first_borne.model,
        first_borne.person_id,
        first_borne.as_of_date,
        markers.marker,
        markers.known_by
    from first_borne
    inner join markers
        on
            first_borne.target = markers.target
            and first_borne.position = markers.position
)

select * from final
