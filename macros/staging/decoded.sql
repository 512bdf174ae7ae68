{#-
    The meaning of an agency's code, from seeds/code_map.csv; 'unknown' where the list does not hold
    the code, null where no code came. A look-up in reference data, not a join between sources.

    column: the coded column; code_list: the name of its list in the seed.
-#}
{%- macro decoded(column, code_list) -%}
case
    when {{ text_cleaned(column) }} is not null
        then coalesce(
            (
                select max(code_map.value)
                from (select * from {{ ref("code_map") }}) as code_map
                where code_map.code_list = '{{ code_list }}'
                    and code_map.code = {{ text_cleaned("source_versions." ~ column) }}
            ),
            'unknown'
        )
end
{%- endmacro -%}
