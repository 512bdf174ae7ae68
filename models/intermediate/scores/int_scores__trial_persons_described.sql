{#- How people are told apart in results, from records that name them, the most reliable first:
    schools and practices ask whom they record, the police mostly see them. -#}
{%- set records = [
    ("stg_bristol_education__pupils", true),
    ("stg_somerset_children__people", true),
    ("stg_bristol_social_care__persons", true),
    ("stg_health__gp_registrations", false),
    ("stg_police_records__nominals", true),
] -%}
with sampled as (
    select * from {{ ref("int_scores__person_dates_sampled") }}
),

source_rows as (
    select * from {{ ref("int_identity__source_rows_identified") }}
),

birth_dates as (
    select * from {{ ref("int_identity__birth_dates_dated") }}
),

programme_stays as (
    select * from {{ ref("int_identity__programmes_dated") }}
),

homes as (
    select * from {{ ref("int_identity__homes_dated") }}
),

addresses as (
    select * from {{ ref("stg_gazetteer__addresses") }}
),

windowed as (
    select * from {{ ref("int_features__indicators_windowed") }}
),

{% for staging_model, _ in records %}
{{ staging_model[4:] }} as (
    select * from {{ ref(staging_model) }}
),

{% endfor -%}

persons as (
    select distinct
        person_id,
        as_of_date
    from sampled
    where reason = 'test'
),

records as (
    {%- for staging_model, has_ethnicity in records %}
        select
            {{ loop.index }} as position,
            source_row_key,
            version_number,
            known_from_date,
            known_to_date,
            case when sex in ('female', 'male') then sex end as sex,
            {% if has_ethnicity -%}
                case when ethnicity not in ('not_stated', 'unknown') then ethnicity end
            {%- else -%}
                cast(null as {{ dbt.type_string() }})
            {%- endif %} as ethnicity
        from {{ staging_model[4:] }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

known_records as (
    select
        persons.person_id,
        persons.as_of_date,
        records.position,
        records.source_row_key,
        records.version_number,
        records.known_from_date,
        records.sex,
        records.ethnicity
    from persons
    inner join source_rows on persons.person_id = source_rows.person_id
    inner join records
        on
            source_rows.source_row_key = records.source_row_key
            and {{ known_on("records", "persons.as_of_date") }}
),

{% for attribute in ("sex", "ethnicity") %}
ranked_{{ attribute }} as (
    select
        person_id,
        as_of_date,
        {{ attribute }},
        row_number() over (
            partition by person_id, as_of_date
            order by position, known_from_date desc, source_row_key, version_number desc
        ) as nth_best
    from known_records
    where {{ attribute }} is not null
),

{% endfor -%}

ranked_programmes as (
    select
        persons.person_id,
        persons.as_of_date,
        programme_stays.programme,
        row_number() over (
            partition by persons.person_id, persons.as_of_date
            order by
                case when programme_stays.evidence = 'resident' then 0 else 1 end,
                programme_stays.from_date desc,
                programme_stays.programme
        ) as nth_best
    from persons
    inner join programme_stays
        on
            persons.person_id = programme_stays.person_id
            and persons.as_of_date >= programme_stays.from_date
            and (
                programme_stays.to_date is null or persons.as_of_date < programme_stays.to_date
            )
),

-- The deprivation of a place is of the index that the gazetteer now holds.
ranked_homes as (
    select
        persons.person_id,
        persons.as_of_date,
        addresses.imd_decile,
        row_number() over (
            partition by persons.person_id, persons.as_of_date
            order by homes.from_date desc, homes.uprn
        ) as nth_best
    from persons
    inner join homes
        on
            persons.person_id = homes.person_id
            and persons.as_of_date >= homes.from_date
            and (homes.to_date is null or persons.as_of_date < homes.to_date)
    inner join addresses
        on
            homes.uprn = addresses.uprn
            and addresses.is_current
            and addresses.imd_decile is not null
),

ages as (
    select
        persons.person_id,
        persons.as_of_date,
        {{ age_in_years("birth_dates.birth_date", "persons.as_of_date") }} as age_in_years
    from persons
    inner join birth_dates
        on
            persons.person_id = birth_dates.person_id
            and persons.as_of_date >= birth_dates.from_date
            and (birth_dates.to_date is null or persons.as_of_date < birth_dates.to_date)
),

missing_reports as (
    select
        person_id,
        as_of_date,
        n_365_days
    from windowed
    where indicator_code = 'missing_report'
),

final as (
    select
        persons.person_id,
        persons.as_of_date,
        ranked_ethnicity.ethnicity,
        ranked_sex.sex,
        case
            when ages.age_in_years < 10 then 'under 10'
            when ages.age_in_years < 13 then '10 to 12'
            when ages.age_in_years < 16 then '13 to 15'
            when ages.age_in_years < 18 then '16 to 17'
            when ages.age_in_years >= 18 then '18 and over'
        end as age_band,
        ranked_programmes.programme,
        case
            when ranked_homes.imd_decile <= 2 then '1 (most deprived fifth)'
            when ranked_homes.imd_decile <= 4 then '2'
            when ranked_homes.imd_decile <= 6 then '3'
            when ranked_homes.imd_decile <= 8 then '4'
            when ranked_homes.imd_decile <= 10 then '5 (least deprived fifth)'
        end as deprivation,
        coalesce(missing_reports.n_365_days, 0) as n_missing_reports_365_days
    from persons
    left join ages
        on persons.person_id = ages.person_id and persons.as_of_date = ages.as_of_date
    left join ranked_sex
        on
            persons.person_id = ranked_sex.person_id
            and persons.as_of_date = ranked_sex.as_of_date
            and ranked_sex.nth_best = 1
    left join ranked_ethnicity
        on
            persons.person_id = ranked_ethnicity.person_id
            and persons.as_of_date = ranked_ethnicity.as_of_date
            and ranked_ethnicity.nth_best = 1
    left join ranked_programmes
        on
            persons.person_id = ranked_programmes.person_id
            and persons.as_of_date = ranked_programmes.as_of_date
            and ranked_programmes.nth_best = 1
    left join ranked_homes
        on
            persons.person_id = ranked_homes.person_id
            and persons.as_of_date = ranked_homes.as_of_date
            and ranked_homes.nth_best = 1
    left join missing_reports
        on
            persons.person_id = missing_reports.person_id
            and persons.as_of_date = missing_reports.as_of_date
)

select * from final
