{#-
    Completed years of age on a day. Who was born on 29 February is a year older on 1 March where the
    year has no such day: before that the anniversary has not come.

    birth_date, on_date: expressions of dates.
-#}
{%- macro age_in_years(birth_date, on_date) -%}
cast(
    extract(year from {{ on_date }}) - extract(year from {{ birth_date }})
    - case
        when
            extract(month from {{ on_date }}) * 100 + extract(day from {{ on_date }})
            < extract(month from {{ birth_date }}) * 100 + extract(day from {{ birth_date }})
            then 1
        else 0
    end as integer
)
{%- endmacro -%}
