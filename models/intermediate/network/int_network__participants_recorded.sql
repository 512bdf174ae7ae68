{{ stands_below("person_records") }}
{{ stands_below("police") }}
{#- Who took part in which event, of every police system that names people together. -#}
{%- set participations = [
    {
        "rows": "occurrence_roles", "extract": "occurrence_roles", "role": "occurrence_role",
        "event_id": "'occurrence ' || occurrence_id", "kind": "crime",
        "event_at": "started_at", "event_date": local_date("started_at"), "uprn": "location_uprn",
    },
    {
        "rows": "domestic_abuse", "extract": "domestic_abuse", "role": "da_role",
        "event_id": "'domestic abuse ' || incident_id", "kind": "domestic_abuse",
        "event_date": "happened_date", "uprn": "location_uprn",
    },
    {
        "rows": "intelligence_subjects", "extract": "intelligence_subjects", "role": "subject_role",
        "event_id": "'intelligence ' || report_id", "kind": "intelligence",
        "event_date": "event_date", "uprn": "location_uprn",
    },
    {
        "rows": "missing_reports", "extract": "reports", "role": "'missing'",
        "event_id": "'missing ' || missing_id", "kind": "missing",
        "event_at": "missing_at", "event_date": local_date("missing_at"), "uprn": "found_uprn",
    },
    {
        "rows": "companions", "extract": "companions", "role": "companion_role",
        "event_id": "'missing ' || missing_id", "kind": "missing",
        "event_at": "missing_at", "event_date": local_date("missing_at"), "uprn": "found_uprn",
    },
    {
        "rows": "checks", "extract": "checks", "role": "reason",
        "event_id": "'control ' || control_incident_id", "kind": "research",
        "event_at": "opened_at", "event_date": local_date("opened_at"), "uprn": "location_uprn",
    },
    {
        "rows": "custody", "extract": "custody", "role": "'detained'",
        "event_id": "'occurrence ' || occurrence_id", "kind": "custody",
        "event_at": "detained_at", "event_date": local_date("detained_at"), "uprn": "null",
    },
] -%}

with source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

participants as (
    select * from {{ ref("network_role") }}
),

occurrences as (
    select * from {{ ref("stg_police_records__occurrences") }}
),

reports as (
    select * from {{ ref("stg_police_records__intelligence_reports") }}
),

control_incidents as (
    select * from {{ ref("stg_police_control__incidents") }}
),

role_rows as (
    {{ rows_with_persons(
        "stg_police_records__occurrence_roles", "staged.nominal_id", "police_records", "nominals"
    ) }}
),

domestic_abuse as (
    {{ rows_with_persons(
        "stg_police_records__domestic_abuse", "staged.nominal_id", "police_records", "nominals"
    ) }}
),

subject_rows as (
    {{ rows_with_persons(
        "stg_police_records__intelligence_subjects", "staged.nominal_id", "police_records",
        "nominals"
    ) }}
),

missing_reports as (
    {{ rows_with_persons(
        "stg_police_missing__reports", "staged.nominal_id", "police_records", "nominals"
    ) }}
),

companion_rows as (
    {{ rows_with_persons(
        "stg_police_missing__companions", "staged.nominal_id", "police_records", "nominals"
    ) }}
),

check_rows as (
    {{ rows_with_persons(
        "stg_police_pnc__checks", "staged.nominal_id", "police_records", "nominals"
    ) }}
),

custody as (
    {{ rows_with_persons(
        "stg_police_records__custody", "staged.nominal_id", "police_records", "nominals"
    ) }}
),

-- Who took part is said by one row, when and where by another: both must be known.
occurrence_roles as (
    select
        role_rows.person_id,
        role_rows.source_row_key,
        role_rows.version_number,
        role_rows.occurrence_id,
        role_rows.occurrence_role,
        occurrences.started_at,
        occurrences.location_uprn,
        {{ later_of("role_rows.known_from_date", "occurrences.known_from_date") }}
            as known_from_date,
        {{ earlier_of("role_rows.known_to_date", "occurrences.known_to_date") }} as known_to_date
    from role_rows
    inner join occurrences
        on
            role_rows.occurrence_id = occurrences.occurrence_id
            and {{ known_together("role_rows", "occurrences") }}
),

intelligence_subjects as (
    select
        subject_rows.person_id,
        subject_rows.source_row_key,
        subject_rows.version_number,
        subject_rows.report_id,
        subject_rows.subject_role,
        reports.event_date,
        reports.location_uprn,
        {{ later_of("subject_rows.known_from_date", "reports.known_from_date") }}
            as known_from_date,
        {{ earlier_of("subject_rows.known_to_date", "reports.known_to_date") }} as known_to_date
    from subject_rows
    inner join reports
        on
            subject_rows.report_id = reports.report_id
            and {{ known_together("subject_rows", "reports") }}
    where coalesce(reports.intelligence_grade, 'unknown') <> 'suspected_false'
),

companions as (
    select
        companion_rows.person_id,
        companion_rows.source_row_key,
        companion_rows.version_number,
        companion_rows.missing_id,
        companion_rows.companion_role,
        missing_reports.missing_at,
        missing_reports.found_uprn,
        {{ later_of("companion_rows.known_from_date", "missing_reports.known_from_date") }}
            as known_from_date,
        {{ earlier_of("companion_rows.known_to_date", "missing_reports.known_to_date") }}
            as known_to_date
    from companion_rows
    inner join missing_reports
        on
            companion_rows.missing_id = missing_reports.missing_id
            and {{ known_together("companion_rows", "missing_reports") }}
),

checks as (
    select
        check_rows.person_id,
        check_rows.source_row_key,
        check_rows.version_number,
        check_rows.control_incident_id,
        check_rows.reason,
        control_incidents.opened_at,
        control_incidents.location_uprn,
        {{ later_of("check_rows.known_from_date", "control_incidents.known_from_date") }}
            as known_from_date,
        {{ earlier_of("check_rows.known_to_date", "control_incidents.known_to_date") }}
            as known_to_date
    from check_rows
    inner join control_incidents
        on
            check_rows.control_incident_id = control_incidents.control_incident_id
            and {{ known_together("check_rows", "control_incidents") }}
),

unioned as (
    {%- for participation in participations %}
        select
            person_id,
            {{ participation.event_id }} as event_id,
            '{{ participation.kind }}' as kind,
            '{{ participation.extract }}' as source_extract,
            {{ participation.role }} as role,
            cast({{ participation.get("event_at", "null") }} as timestamp) as event_at,
            coalesce({{ participation.event_date }}, known_from_date) as event_date,
            cast({{ participation.uprn }} as {{ dbt.type_string() }}) as uprn,
            known_from_date,
            known_to_date,
            source_row_key,
            version_number
        from {{ participation.rows }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

-- A role that the list does not hold is nobody's part: only what is named counts.
final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            "unioned.person_id", "unioned.event_id", "unioned.source_row_key",
            "unioned.version_number", "unioned.known_from_date",
        ]) }} as participation_key,
        unioned.*,
        participants.part
    from unioned
    inner join participants
        on
            unioned.source_extract = participants.source_extract
            and unioned.role = participants.role
            and participants.is_participant
    where unioned.person_id is not null and unioned.event_id is not null
)

select * from final
