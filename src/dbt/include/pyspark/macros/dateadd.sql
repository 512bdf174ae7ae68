{#
    A timestamp, as the other engines give; that of dbt-spark goes by way of a timestamp that moves
    with the zone of the session.
#}
{% macro pyspark__dateadd(datepart, interval, from_date_or_timestamp) %}
    timestampadd(
        {{ datepart }}, cast({{ interval }} as integer), cast({{ from_date_or_timestamp }} as timestamp)
    )
{% endmacro %}
