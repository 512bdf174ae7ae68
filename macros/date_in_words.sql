{#- A date as people write it, as 3 May 2023. date: an expression of a date. -#}
{%- macro date_in_words(date) -%}
cast(extract(day from {{ date }}) as {{ dbt.type_string() }})
|| ' '
|| substr(
    'JanFebMarAprMayJunJulAugSepOctNovDec',
    cast(extract(month from {{ date }}) as integer) * 3 - 2,
    3
)
|| ' '
|| cast(extract(year from {{ date }}) as {{ dbt.type_string() }})
{%- endmacro -%}
