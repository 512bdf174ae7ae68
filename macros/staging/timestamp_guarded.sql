{#- A UTC timestamp from ISO-8601 text that ends in Z; null where the text is something else. -#}
{%- macro timestamp_guarded(column) -%}
{%- set text = text_cleaned(column) -%}
case
    when {{ matches(text, "^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]Z$") }}
        then {{ cast_guarded("substr(" ~ text ~ ", 1, 10) || ' ' || substr(" ~ text ~ ", 12, 8)", "timestamp") }}
end
{%- endmacro -%}
