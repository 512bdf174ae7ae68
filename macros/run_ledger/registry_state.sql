{#-
    SQL for one row that tells how a registry of ids stands: registry_run, the last run that added to
    it, and registry_digest, over all its rows. Both are null where there is no registry yet.

    The digest is made of the MD5 of each row, cut into four numbers of seven hex digits, and the
    sums of these: it depends on no order, a repeated row counts, and it needs no memory to speak of,
    however long the registry. Numbers are read digit by digit because engines share no other way.

    model: name of the registry.
-#}
{%- macro registry_state(model) -%}
    {%- set registry = built_relation(model) -%}
    {%- if not registry -%}
select
    cast(null as integer) as registry_run,
    cast(null as {{ dbt.type_string() }}) as registry_digest
    {%- else -%}
        {%- set columns = adapter.get_columns_in_relation(registry) | map(attribute="name") | sort -%}
        {%- set sums = [] -%}
        {%- for start in (1, 8, 15, 22) -%}
            {%- set digits = [] -%}
            {%- for place in range(7) -%}
                {%- do digits.append(
                    16 ** (6 - place) ~ " * cast(position(substring(row_digest, "
                    ~ (start + place) ~ ", 1) in '0123456789abcdef') - 1 as bigint)"
                ) -%}
            {%- endfor -%}
            {%- do sums.append(
                "cast(coalesce(sum(" ~ digits | join(" + ") ~ "), 0) as " ~ dbt.type_string() ~ ")"
            ) -%}
        {%- endfor %}
select
    cast(max(registry_run) as integer) as registry_run,
    {{ dbt.hash(sums | join(" || '|' || ")) }} as registry_digest
from (
    select
        registry_run,
        {{ dbt_utils.generate_surrogate_key(columns) }} as row_digest
    from {{ registry }}
) as registry
    {%- endif -%}
{%- endmacro -%}
