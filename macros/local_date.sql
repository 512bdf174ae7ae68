{#-
    The day on the clock of the United Kingdom at a UTC timestamp: what counts as a day everywhere.

    timestamp: an expression of a timestamp in UTC.
-#}
{%- macro local_date(timestamp) -%}
{{ return(adapter.dispatch("local_date", "think_family")(timestamp)) }}
{%- endmacro -%}

{%- macro default__local_date(timestamp) -%}
cast(timezone('Europe/London', timezone('UTC', {{ timestamp }})) as date)
{%- endmacro -%}

{%- macro spark__local_date(timestamp) -%}
cast(from_utc_timestamp({{ timestamp }}, 'Europe/London') as date)
{%- endmacro -%}
