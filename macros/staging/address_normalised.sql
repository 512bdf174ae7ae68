{#- A house number and street in one spelling: upper case, no punctuation, single spaces. -#}
{%- macro address_normalised(column) -%}
nullif(trim({{ regexp_replaced("upper(" ~ column ~ ")", "[^A-Z0-9]+", " ") }}), '')
{%- endmacro -%}
