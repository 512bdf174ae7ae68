{#
    A hash of the given columns, as text, joined by hyphens. A null is a value of its own, so that
    (null, 'a') and ('a', null) differ. Renders the same hash as dbt_utils.generate_surrogate_key.

    field_list: the columns or expressions, in order.
#}
{%- macro generate_surrogate_key(field_list) -%}
    {%- set parts = [] -%}
    {%- for field in field_list -%}
        {%- if not loop.first %}{% do parts.append("'-'") %}{% endif -%}
        {%- do parts.append(
            "coalesce(cast(" ~ field ~ " as " ~ dbt.type_string()
            ~ "), '_dbt_utils_surrogate_key_null_')"
        ) -%}
    {%- endfor -%}
    {{- dbt.hash(dbt.concat(parts)) -}}
{%- endmacro -%}
