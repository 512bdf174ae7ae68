{#-
    What a fact adds to the phrase of its indicator, in brackets; nothing where it adds none.

    detail: an expression of a decoded word, as emotional_abuse.
-#}
{%- macro detail_in_words(detail) -%}
case
    when {{ detail }} is null or {{ detail }} in ('unknown', 'none', 'other') then ''
    else ' (' || replace({{ detail }}, '_', ' ') || ')'
end
{%- endmacro -%}
