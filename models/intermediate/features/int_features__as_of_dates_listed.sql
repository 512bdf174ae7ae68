{#- Days beside the data's own on which features are wanted, as on the variable's list. -#}
{%- set further_dates = var("feature_dates") -%}

with files as (
    select * from {{ ref("stg_load_ledger__files") }}
),

wanted as (
    select max(extract_date) as as_of_date
    from files
    {%- for further_date in further_dates %}
        union
        select cast('{{ further_date }}' as date) as as_of_date
    {%- endfor %}
),

final as (
    select as_of_date
    from wanted
    where as_of_date is not null
)

select * from final
