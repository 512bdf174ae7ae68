{#-
    Every mart whose rows must not fall without a word. Those of runs and results only grow; places of risk,
    violence between peers and who is near children at risk are of the last year, or of who is young, and
    fall when life gets better.
-#}
{%- set marts = [
    "dim_family",
    "dim_person",
    "fct_association",
    "fct_chronology",
    "fct_family_composition",
    "fct_family_criteria",
    "fct_family_membership",
    "fct_identity_change",
    "fct_implied_association",
    "fct_indicator_coverage",
    "fct_link_coverage",
    "fct_link_quality",
    "fct_linkage_quality",
    "fct_model_fairness",
    "fct_model_performance",
    "fct_network_risk",
    "fct_person_indicators",
    "fct_problem_triangle",
    "fct_row_accounting",
    "fct_source_freshness",
    "fct_support_list",
] -%}
{#- Share of the published rows below which a mart is short, and rows too few to say so. -#}
{%- set least_share, least_rows = 0.75, 20 -%}

with marts_published as (
    select * from {{ ref("stg_run_ledger__marts_published") }}
),

runs_ended as (
    select * from {{ ref("stg_run_ledger__runs_ended") }}
),

marts_counted as (
    {% for mart in marts %}
        select '{{ mart }}' as mart, count(*) as n_rows from {{ ref(mart) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

published_ranked as (
    select
        marts_published.mart,
        marts_published.n_rows,
        row_number() over (
            partition by marts_published.mart
            order by runs_ended.ended_at desc, marts_published.invocation_id asc
        ) as nth_latest
    from marts_published
    inner join runs_ended on marts_published.invocation_id = runs_ended.invocation_id
),

compared as (
    select
        marts_counted.mart,
        marts_counted.n_rows,
        coalesce(published_ranked.n_rows, 0) as n_rows_published
    from marts_counted
    left join published_ranked
        on
            marts_counted.mart = published_ranked.mart
            and published_ranked.nth_latest = 1
),

final as (
    select
        mart as subject,
        cast(n_rows as bigint) as n_rows,
        cast(n_rows_published as bigint) as n_rows_published,
        cast(case
            when n_rows_published >= {{ least_rows }}
                then greatest(ceil({{ least_share }} * n_rows_published) - n_rows, 0)
            else 0
        end as bigint) as n_rows_short
    from compared
)

select * from final
