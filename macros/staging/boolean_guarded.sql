{#- Yes or no from the spellings that agencies use; null where the text is none of them. -#}
{%- macro boolean_guarded(column) -%}
case
    when upper({{ text_cleaned(column) }}) in ('Y', 'YES', 'TRUE', 'T', '1') then true
    when upper({{ text_cleaned(column) }}) in ('N', 'NO', 'FALSE', 'F', '0') then false
end
{%- endmacro -%}
