{%- set concerns = [
    "police", "education", "social_care", "housing", "finance", "health", "somerset",
] -%}
{#- Systems of further programmes state their facts in staging. -#}
{%- set further_programmes = var("further_programmes") -%}
{%- set fact_columns = [
    "source_system", "source_extract", "source_row_key", "version_number", "person_id",
    "event_key", "attribute", "value", "measure", "detail", "from_date", "to_date",
    "recorded_date", "known_from_date", "known_to_date",
] -%}

with
{%- if further_programmes %}
    source_persons as (
        select * from {{ ref("int_identity__source_persons_identified") }}
    ),
{%- endif %}
{%- for further in further_programmes %}
    {%- for extract in further.facts %}

        {{ further.system }}_{{ extract }} as (
            {{ rows_with_persons(
                "stg_" ~ further.system ~ "__" ~ extract, "staged.local_person_id",
                further.system, further.persons
            ) }}
        ),
    {%- endfor %}
{%- endfor %}

unioned as (
    {%- for concern in concerns %}
        select {{ fact_columns | join(", ") }}
        from {{ ref("int_indicators__" ~ concern ~ "_facts_recorded") }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
    {%- for further in further_programmes %}
        {%- for extract in further.facts %}
            union all
            {{ facts_stated(further.system, extract, further.system ~ "_" ~ extract, [
                {
                    "attribute": "fact", "value": "fact", "measure": "measure",
                    "detail": "detail", "from_date": "from_date", "to_date": "to_date",
                },
            ]) }}
        {%- endfor %}
    {%- endfor %}
)

select * from unioned
