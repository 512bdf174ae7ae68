{#-
    Where each source keeps what linkage compares; what a source does not name, it does not hold.
    Only sources without label rows, and that every purpose may use, form persons: the others are
    attached to finished persons.
-#}
{{ stands_below("person_records") }}
{%- set text = dbt.type_string() -%}
{%- set record_columns = {
    "local_person_id": text,
    "forename": text,
    "surname": text,
    "former_surname": text,
    "birth_date": "date",
    "sex": text,
    "nhs_number": text,
    "upn": text,
    "nino": text,
    "police_national_id": text,
    "uprn": text,
    "address_line": text,
    "postcode": text,
    "adoption_date": "date",
} -%}
{%- set named = {"forename": "forename", "surname": "surname", "birth_date": "birth_date"} -%}
{%- set placed = {"address_line": "address_line", "postcode": "postcode"} -%}
{%- set sources = [
    {
        "model": "stg_police_records__nominals",
        "columns": dict(
            named, local_person_id="nominal_id", former_surname="former_surname",
            sex="sex", police_national_id="police_national_id", **placed
        ),
    },
    {
        "model": "stg_bristol_education__pupils",
        "columns": dict(
            named, local_person_id="pupil_id", former_surname="former_surname",
            sex="sex", upn="upn", **placed
        ),
    },
    {
        "model": "stg_bristol_education__pupils",
        "where": "former_upn is not null",
        "columns": dict(
            named, local_person_id="pupil_id", former_surname="former_surname",
            sex="sex", upn="former_upn", **placed
        ),
    },
    {
        "model": "stg_bristol_education__pupil_contacts",
        "columns": dict(
            named, local_person_id="pupil_id || '|' || cast(contact_number as " ~ text ~ ")",
            sex="sex", **placed
        ),
    },
    {
        "model": "stg_bristol_social_care__persons",
        "columns": dict(
            named, local_person_id="social_care_id", former_surname="former_surname", sex="sex",
            nhs_number="nhs_number", upn="upn",
            adoption_date="case when record_status = 'closed_adopted' then closed_date end"),
    },
    {
        "model": "stg_bristol_housing__occupants",
        "columns": dict(
            named, local_person_id="tenancy_id || '|' || cast(occupant_number as " ~ text ~ ")",
            sex="sex", nino="nino"),
    },
    {
        "model": "stg_bristol_revenues__council_tax",
        "columns": dict(
            named, local_person_id="account_id || '|' || cast(liable_number as " ~ text ~ ")",
            nino="nino",
            uprn="uprn", **placed
        ),
    },
    {
        "model": "stg_dwp__benefits",
        "columns": dict(
            named, local_person_id="claim_id || '|' || cast(claimant_number as " ~ text ~ ")",
            nino="nino", **placed
        ),
    },
    {
        "model": "stg_health__gp_registrations",
        "columns": dict(
            named, local_person_id="coalesce(nhs_number, source_row_key)",
            former_surname="former_surname", sex="sex", nhs_number="nhs_number", **placed
        ),
    },
    {
        "model": "stg_somerset_children__people",
        "columns": dict(
            named, local_person_id="somerset_id", sex="sex", nhs_number="nhs_number",
            upn="upn", nino="nino", adoption_date="adopted_closed_date", **placed
        ),
    },
    {
        "model": "stg_somerset_housing__accounts",
        "columns": dict(
            named, local_person_id="account_id || '|' || cast(person_number as " ~ text ~ ")",
            nino="nino", **placed
        ),
    },
] -%}
{#- Further programmes hold what linkage compares under these names, or null in them. -#}
{%- for further in var("further_programmes") -%}
    {%- do sources.append({
        "model": "stg_" ~ further.system ~ "__" ~ further.persons,
        "columns": dict(zip(record_columns, record_columns)),
    }) -%}
{%- endfor -%}

with extracts as (
    select * from {{ ref("stg_load_ledger__extracts") }}
),

social_care_addresses as (
    select * from {{ ref("stg_bristol_social_care__addresses") }}
),

dwellings as (
    select * from {{ ref("int_identity__dwellings_catalogued") }}
),

{%- for source in sources %}
    {%- set system, extract = source.model[4:].split("__") %}

    records_{{ loop.index }} as (
        select
            '{{ system }}' as source_system,
            '{{ extract }}' as source_extract,
            {%- for column, type in record_columns.items() %}
                cast({{ source.columns.get(column, "null") }} as {{ type }}) as {{ column }},
            {%- endfor %}
            source_row_key,
            known_from_date,
            known_to_date,
            is_current
        from {{ ref(source.model) }}
        where {{ source.get("where", "true") }}
    ),
{%- endfor %}

unioned as (
    {%- for source in sources %}
        select * from records_{{ loop.index }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

-- Social care keeps addresses in a table of their own, with all that a person ever had.
with_social_care_addresses as (
    select
        unioned.source_system,
        unioned.source_extract,
        extracts.programme,
        unioned.local_person_id,
        unioned.forename,
        unioned.surname,
        unioned.former_surname,
        unioned.birth_date,
        unioned.sex,
        unioned.nhs_number,
        unioned.upn,
        unioned.nino,
        unioned.police_national_id,
        unioned.adoption_date,
        unioned.source_row_key,
        unioned.known_to_date,
        unioned.known_from_date as person_known_from_date,
        coalesce(unioned.uprn, social_care_addresses.uprn) as uprn,
        coalesce(unioned.address_line, social_care_addresses.address_line) as address_line,
        coalesce(unioned.postcode, social_care_addresses.postcode) as postcode,
        case
            when social_care_addresses.known_from_date > unioned.known_from_date
                then social_care_addresses.known_from_date
            else unioned.known_from_date
        end as known_from_date,
        unioned.is_current and coalesce(
            social_care_addresses.is_current and social_care_addresses.to_date is null, true
        ) as is_current
    from unioned
    inner join extracts
        on
            unioned.source_system = extracts.source_system
            and unioned.source_extract = extracts.source_extract
    left join social_care_addresses
        on
            unioned.source_system = 'bristol_social_care'
            and unioned.local_person_id = social_care_addresses.social_care_id
),

with_dwellings as (
    select
        with_social_care_addresses.*,
        coalesce(with_social_care_addresses.uprn, dwellings.uprn) as dwelling_uprn
    from with_social_care_addresses
    left join dwellings
        on
            with_social_care_addresses.address_line = dwellings.address_line
            and with_social_care_addresses.postcode = dwellings.postcode
),

variants as (
    select
        source_system,
        source_extract,
        programme,
        local_person_id,
        forename,
        surname,
        former_surname,
        birth_date,
        sex,
        nhs_number,
        upn,
        nino,
        police_national_id,
        dwelling_uprn as uprn,
        postcode,
        adoption_date,
        source_row_key,
        min(known_from_date) as first_recorded_date,
        min(person_known_from_date) as person_first_recorded_date,
        max(known_from_date) as last_recorded_date,
        max(case when is_current then 1 else 0 end) = 1 as is_current
    from with_dwellings
    where local_person_id is not null
    group by
        source_system, source_extract, programme, local_person_id, forename, surname,
        former_surname, birth_date, sex, nhs_number, upn, nino, police_national_id, dwelling_uprn,
        postcode, adoption_date, source_row_key
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            "source_system", "source_extract", "local_person_id", "forename", "surname",
            "former_surname", "birth_date", "sex", "nhs_number", "upn", "nino",
            "police_national_id", "uprn", "postcode", "adoption_date", "source_row_key",
        ]) }} as person_record_key,
        {{ dbt_utils.generate_surrogate_key(
            ["source_system", "source_extract", "local_person_id"]
        ) }} as source_person_key,
        *
    from variants
)

select * from final
