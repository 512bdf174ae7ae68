{#- A house number and street in one spelling: upper case, no punctuation, single spaces. Engines
    differ in the capital of ß. -#}
{%- macro address_normalised(column) -%}
nullif(trim({{ regexp_replaced("upper(replace(" ~ column ~ ", 'ß', 'ss'))", "[^A-Z0-9]+", " ") }}), '')
{%- endmacro -%}
