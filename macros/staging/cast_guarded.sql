{#-
    A cast that gives null where the text does not fit. An engine's own cast error would print the
    value, which may be a person's. Numbers must be written in plain digits, for engines differ in
    what else they take: 1e3, 0x1F, NaN, or 1.5 as the integer 2. A whole number may end in .0,
    because tools without nullable integers write it so.

    expression: text; type: the type to cast to, as integer, numeric(p, s), date or timestamp.
-#}
{%- macro cast_guarded(expression, type) -%}
    {%- set text = text_cleaned(expression) -%}
    {%- set cast_guarded_of = adapter.dispatch("cast_guarded", "think_family") -%}
    {%- if type == "integer" -%}
case
    when {{ matches(text, "^[+-]?[0-9]+([.]0+)?$") }}
        then {{ cast_guarded_of(regexp_replaced(text, "[.]0+$", ""), type) }}
end
    {%- elif type.startswith("numeric") -%}
{#- Cast once more: without, Postgres forgets precision and scale. -#}
cast(case when {{ matches(text, "^[+-]?[0-9]*[.]?[0-9]+$") }} then {{ cast_guarded_of(text, type) }} end as {{ type }})
    {%- else -%}
{{ cast_guarded_of(text, type) }}
    {%- endif -%}
{%- endmacro -%}

{%- macro default__cast_guarded(expression, type) -%}
try_cast({{ expression }} as {{ type }})
{%- endmacro -%}

{#- The test stands within the cast: a cast of a constant is carried out before any test around it. -#}
{%- macro postgres__cast_guarded(expression, type) -%}
cast(case when pg_input_is_valid({{ expression }}, '{{ type }}') then {{ expression }} end as {{ type }})
{%- endmacro -%}

{#- There no day has an hour 24, which elsewhere is midnight of the next. -#}
{%- macro spark__cast_guarded(expression, type) -%}
    {%- if type == "timestamp" -%}
case
    when substr({{ expression }}, 12) = '24:00:00'
        then try_cast(substr({{ expression }}, 1, 10) as timestamp) + interval '1' day
    else try_cast({{ expression }} as timestamp)
end
    {%- else -%}
try_cast({{ expression }} as {{ type }})
    {%- endif -%}
{%- endmacro -%}
