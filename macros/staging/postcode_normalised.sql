{#- A postcode as `ZA4 7QK`: upper case, one space before the last three; null where it is none. -#}
{%- macro postcode_normalised(column) -%}
{%- set compact = regexp_replaced("upper(" ~ column ~ ")", "[^A-Z0-9]+", "") -%}
case
    when {{ matches(compact, "^[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}$") }}
        then substr({{ compact }}, 1, length({{ compact }}) - 3) || ' ' || substr({{ compact }}, length({{ compact }}) - 2, 3)
end
{%- endmacro -%}
