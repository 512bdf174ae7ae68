{%- set harms = harms_carried() -%}
{%- set threshold = var("place_threshold") -%}
{#- Which system sends the extract of each kind of participation. -#}
{%- set system_of = {
    "occurrence_roles": "police_records",
    "domestic_abuse": "police_records",
    "intelligence_subjects": "police_records",
    "custody": "police_records",
    "reports": "police_missing",
    "companions": "police_missing",
    "checks": "police_pnc",
} -%}
with scored as (
    select * from {{ ref("int_scores__persons_scored") }}
),

models as (
    select * from {{ ref("int_scores__models_configured") }}
),

reasons as (
    select * from {{ ref("int_scores__reasons_weighed") }}
),

features as (
    select * from {{ ref("int_features__features_catalogued") }}
),

catalogue as (
    select * from {{ ref("indicator_catalogue") }}
),

relatives as (
    select * from {{ ref("int_features__relatives_paired") }}
),

facts as (
    select * from {{ ref("int_indicators__facts_coded") }}
),

intelligence as (
    select * from {{ ref("int_indicators__intelligence_coded") }}
),

carriers as (
    select * from {{ ref("int_scores__carriers_traced") }}
),

adults_neared as (
    select * from {{ ref("int_scores__adults_neared") }}
),

shared as (
    select * from {{ ref("int_network__events_shared") }}
),

participants as (
    select * from {{ ref("int_network__participants_recorded") }}
),

incidents as (
    select * from {{ ref("int_network__incidents_merged") }}
),

presences as (
    select * from {{ ref("int_network__presences_counted") }}
),

incidents_placed as (
    select * from {{ ref("int_network__incidents_placed") }}
),

-- Of whom a network alone is told, nothing else is.
persons as (
    select distinct
        scored.person_id,
        scored.as_of_date
    from scored
    inner join models on scored.model = models.model
    where models.method <> 'network'
),

owners as (
    select
        person_id,
        as_of_date,
        'person' as scope,
        person_id as source_person_id
    from persons
    union all
    select
        persons.person_id,
        persons.as_of_date,
        'family' as scope,
        relatives.relative_id as source_person_id
    from persons
    inner join relatives
        on
            persons.person_id = relatives.person_id
            and persons.as_of_date = relatives.as_of_date
),

indicators as (
    select
        person_id,
        indicator_code,
        kind,
        event_key,
        from_date,
        to_date,
        known_from_date,
        known_to_date,
        source_system,
        source_extract,
        source_row_key,
        version_number,
        handling
    from facts
    union all
    select
        person_id,
        indicator_code,
        kind,
        event_key,
        from_date,
        to_date,
        known_from_date,
        known_to_date,
        source_system,
        source_extract,
        source_row_key,
        version_number,
        handling
    from intelligence
),

-- Of children at risk who are near an adult, the nearest.
ranked_children as (
    select
        adults_neared.person_id,
        adults_neared.as_of_date,
        models.harm,
        adults_neared.child_id,
        adults_neared.n_hops,
        min(adults_neared.n_hops) over (
            partition by adults_neared.model, adults_neared.person_id, adults_neared.as_of_date
        ) as nearest_hops
    from adults_neared
    inner join models on adults_neared.model = models.model
),

carriers_once as (
    select
        person_id,
        as_of_date,
        harm,
        basis,
        carrier_id
    from carriers
    union
    select
        person_id,
        as_of_date,
        harm,
        'no_proxies' as basis,
        child_id as carrier_id
    from ranked_children
    where n_hops = nearest_hops
),

first_steps as (
    select
        person_id,
        as_of_date,
        harm,
        first_step_id
    from carriers
    union
    select
        person_id,
        as_of_date,
        harm,
        child_id as first_step_id
    from ranked_children
    where n_hops = 1
),

-- Everybody's indicators as they were known on the day: of persons, relatives and carriers.
needed as (
    select
        source_person_id as person_id,
        as_of_date
    from owners
    union
    select
        carrier_id as person_id,
        as_of_date
    from carriers_once
),

known as (
    select
        needed.as_of_date,
        indicators.*,
        catalogue.window_days,
        catalogue.is_shared,
        catalogue.is_label_proxy,
        {%- for harm in harms %}
            catalogue.points_{{ harm }},
        {%- endfor %}
        case
            when indicators.kind <> 'state' then 0
            when indicators.to_date is null or indicators.to_date > needed.as_of_date then 1
            else 0
        end as is_current,
        {{ dbt.datediff(
            "case when indicators.kind = 'state' and indicators.to_date > indicators.from_date"
            ~ " then indicators.to_date else indicators.from_date end",
            "needed.as_of_date", "day"
        ) }} as days_since
    from needed
    inner join indicators
        on
            needed.person_id = indicators.person_id
            and needed.as_of_date >= indicators.from_date
            and {{ known_on("indicators", "needed.as_of_date") }}
    inner join catalogue on indicators.indicator_code = catalogue.indicator_code
),

-- Present as everywhere: an event for the days of its window, a state while it lasts.
aged as (
    select
        known.*,
        case
            when known.kind = 'state' then known.is_current
            when known.days_since < known.window_days then 1
            else 0
        end as is_present
    from known
),

-- Of relatives, features count what is no older than a year.
of_indicators as (
    select
        owners.person_id,
        owners.as_of_date,
        owners.scope,
        aged.indicator_code as reason_code,
        owners.source_person_id,
        aged.indicator_code,
        aged.event_key,
        aged.from_date,
        case when aged.is_current = 0 then aged.to_date end as to_date,
        aged.is_present,
        aged.source_system,
        aged.source_extract,
        aged.source_row_key,
        aged.version_number,
        aged.handling
    from owners
    inner join aged
        on
            owners.source_person_id = aged.person_id
            and owners.as_of_date = aged.as_of_date
    where
        owners.scope = 'person'
        or aged.is_present = 1
        or aged.is_current = 1
        or aged.days_since < 365
),

-- What makes the nearest carriers ones.
of_carriers as (
    select
        carriers_once.person_id,
        carriers_once.as_of_date,
        'associates' as scope,
        carriers_once.harm as reason_code,
        carriers_once.carrier_id as source_person_id,
        aged.indicator_code,
        aged.event_key,
        aged.from_date,
        case when aged.is_current = 0 then aged.to_date end as to_date,
        aged.is_present,
        aged.source_system,
        aged.source_extract,
        aged.source_row_key,
        aged.version_number,
        'restricted' as handling
    from carriers_once
    inner join aged
        on
            carriers_once.carrier_id = aged.person_id
            and carriers_once.as_of_date = aged.as_of_date
            and aged.is_present = 1
            and aged.is_shared
            and (carriers_once.basis = 'all' or not aged.is_label_proxy)
    where
        case carriers_once.harm
            {%- for harm in harms %}
                when '{{ harm }}' then aged.points_{{ harm }}
            {%- endfor %}
        end > 0
),

-- The incidents that link the person to whom the way to them leads through.
incidents_shared as (
    select
        first_steps.person_id,
        first_steps.as_of_date,
        'associates' as scope,
        first_steps.harm as reason_code,
        first_steps.first_step_id as source_person_id,
        shared.event_id as incident_id
    from first_steps
    inner join shared
        on
            first_steps.person_id = shared.person_id_l
            and first_steps.first_step_id = shared.person_id_r
            and first_steps.as_of_date >= shared.recorded_date
    union
    select
        first_steps.person_id,
        first_steps.as_of_date,
        'associates' as scope,
        first_steps.harm as reason_code,
        first_steps.first_step_id as source_person_id,
        shared.event_id as incident_id
    from first_steps
    inner join shared
        on
            first_steps.person_id = shared.person_id_r
            and first_steps.first_step_id = shared.person_id_l
            and first_steps.as_of_date >= shared.recorded_date
),

places_wanted as (
    select distinct
        reasons.person_id,
        reasons.as_of_date,
        features.harm,
        features.basis
    from reasons
    inner join features on reasons.feature_group = features.feature
    where features.scope = 'places'
),

-- The person's own part in what happened at a place of risk.
incidents_present as (
    select distinct
        places_wanted.person_id,
        places_wanted.as_of_date,
        'places' as scope,
        places_wanted.harm as reason_code,
        places_wanted.person_id as source_person_id,
        incidents_placed.incident_id
    from places_wanted
    inner join presences
        on
            places_wanted.person_id = presences.person_id
            and places_wanted.as_of_date = presences.as_of_date
            and places_wanted.harm = presences.harm
            and case places_wanted.basis
                when 'all' then presences.n_incidents_of_others
                else presences.n_incidents_of_others_no_proxies
            end >= {{ threshold }}
    inner join incidents_placed
        on
            presences.as_of_date = incidents_placed.as_of_date
            and presences.uprn = incidents_placed.uprn
),

incidents_named as (
    select * from incidents_shared
    union all
    select * from incidents_present
),

of_incidents as (
    select
        incidents_named.person_id,
        incidents_named.as_of_date,
        incidents_named.scope,
        incidents_named.reason_code,
        incidents_named.source_person_id,
        cast(null as {{ dbt.type_string() }}) as indicator_code,
        incidents_named.incident_id as event_key,
        participants.event_date as from_date,
        cast(null as date) as to_date,
        1 as is_present,
        case participants.source_extract
            {%- for extract, system in system_of.items() %}
                when '{{ extract }}' then '{{ system }}'
            {%- endfor %}
        end as source_system,
        participants.source_extract,
        participants.source_row_key,
        participants.version_number,
        'restricted' as handling
    from incidents_named
    inner join incidents on incidents_named.incident_id = incidents.incident_id
    inner join participants
        on
            incidents.event_id = participants.event_id
            and incidents_named.person_id = participants.person_id
            and {{ known_on("participants", "incidents_named.as_of_date") }}
),

unioned as (
    select * from of_indicators
    union
    select * from of_carriers
    union
    select * from of_incidents
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            "person_id", "as_of_date", "scope", "reason_code", "source_person_id",
            "indicator_code", "event_key", "from_date", "to_date", "source_system",
            "source_extract", "source_row_key", "version_number",
        ]) }} as source_key,
        person_id,
        as_of_date,
        scope,
        reason_code,
        source_person_id,
        indicator_code,
        event_key,
        from_date as event_date,
        to_date as ended_date,
        is_present = 1 as is_present,
        source_system,
        source_extract,
        source_row_key,
        version_number,
        handling
    from unioned
)

select * from final
