{#-
    A national identifier without spaces and punctuation; null where its shape is wrong.

    column: an expression of text.
    kind: nhs_number (ten digits), upn (check letter, eleven digits, digit or letter) or nino.
-#}
{%- macro identifier_guarded(column, kind) -%}
{%- set patterns = {
    "nhs_number": "^[0-9]{10}$",
    "upn": "^[A-Z][0-9]{11}[0-9A-Z]$",
    "nino": "^[A-Z]{2}[0-9]{6}[A-D]$",
} -%}
{%- set compact = regexp_replaced("upper(" ~ column ~ ")", "[^A-Z0-9]+", "") -%}
case when {{ matches(compact, patterns[kind]) }} then {{ compact }} end
{%- endmacro -%}
