{#-
    Attaches the rows of an extract to finished persons; the rows form and merge none. A row goes to
    the one person who agrees with it on the first of these that anyone agrees on: police reference,
    national insurance number, PNC id, then name, birth date and postcode less and less completely. A
    row on which two persons agree equally is attached to nobody.

    model: the staging model.
    columns: which of forename, surname, birth_date, postcode, nino, police_national_id and
        nominal_id it holds, under these names.
-#}
{%- macro rows_attached(model, columns) -%}
{%- set system, extract = model[4:].split("__") -%}
{%- set rules = [
    ("police reference", ["nominal_id"]),
    ("national insurance number", ["nino"]),
    ("PNC id", ["police_national_id"]),
    ("name and birth date", ["forename", "surname", "birth_date"]),
    ("surname, birth date and start of forename", ["surname", "birth_date", "forename_start"]),
    ("forename, birth date and postcode", ["forename", "birth_date", "postcode"]),
    ("name and postcode", ["forename", "surname", "postcode"]),
    ("forename, birth date and start of surname", ["forename", "birth_date", "surname_start"]),
] -%}
{%- set held = columns + ["forename_start", "surname_start"] -%}
with source_rows as (
    select
        *,
        substr(forename, 1, 3) as forename_start,
        substr(surname, 1, 3) as surname_start
    from {{ ref(model) }}
),

records as (
    select * from {{ ref("int_identity__person_records_standardised") }}
),

source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

person_keys as (
    select
        source_persons.person_id,
        records.forename,
        records.surname,
        records.birth_date,
        records.postcode,
        records.nino,
        records.police_national_id,
        case
            when records.source_system = 'police_records' then records.local_person_id
        end as nominal_id,
        substr(records.forename, 1, 3) as forename_start,
        substr(records.surname, 1, 3) as surname_start
    from records
    inner join source_persons on records.source_person_key = source_persons.source_person_key
),

agreements as (
    {%- set usable = [] -%}
    {%- for name, keys in rules if keys | reject("in", held) | list == [] -%}
        {%- do usable.append((loop.index, name, keys)) -%}
    {%- endfor -%}
    {%- for number, name, keys in usable %}
    select
        source_rows.source_row_key,
        person_keys.person_id,
        {{ number }} as rule_number,
        '{{ name }}' as agrees_on
    from source_rows
    inner join person_keys
        on
            {%- for key in keys %}
            {{ "and " if not loop.first }}source_rows.{{ key }} = person_keys.{{ key }}
            {%- endfor %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

first_rules as (
    select source_row_key, min(rule_number) as rule_number
    from agreements
    group by source_row_key
),

attached as (
    select
        agreements.source_row_key,
        min(agreements.person_id) as person_id,
        min(agreements.agrees_on) as agrees_on
    from agreements
    inner join first_rules
        on
            agreements.source_row_key = first_rules.source_row_key
            and agreements.rule_number = first_rules.rule_number
    group by agreements.source_row_key
    having count(distinct agreements.person_id) = 1
),

row_keys as (
    select distinct source_row_key
    from source_rows
),

final as (
    select
        row_keys.source_row_key,
        '{{ system }}' as source_system,
        '{{ extract }}' as source_extract,
        attached.person_id,
        attached.agrees_on
    from row_keys
    left join attached on row_keys.source_row_key = attached.source_row_key
)

select * from final
{%- endmacro -%}
