{#-
    So many reasons of each part are told in words, and of those that carried a score only such as
    have so large a part of it; the rest are counted.
-#}
{%- set most_named, least_share = 6, 0.03 -%}
with scored as (
    select * from {{ ref("int_scores__persons_scored") }}
),

models as (
    select * from {{ ref("int_scores__models_configured") }}
),

weighed as (
    select * from {{ ref("int_scores__reasons_weighed") }}
    where nth is not null
),

absences as (
    select * from {{ ref("int_scores__absences_weighed") }}
),

features as (
    select * from {{ ref("int_features__features_catalogued") }}
    where indicator_code is null
),

sources as (
    select * from {{ ref("int_scores__reasons_sourced") }}
),

intelligence as (
    select * from {{ ref("int_indicators__intelligence_coded") }}
),

nearness as (
    select * from {{ ref("int_features__nearness_measured") }}
),

adults_neared as (
    select * from {{ ref("int_scores__adults_neared") }}
),

catalogue as (
    select * from {{ ref("indicator_catalogue") }}
),

phrases as (
    select * from {{ ref("score_phrase") }}
),

-- Four features tell of the same associates, and two of the same places: they are one reason.
grouped as (
    select
        weighed.model,
        weighed.person_id,
        weighed.as_of_date,
        weighed.scope,
        weighed.indicator_code,
        coalesce(
            weighed.indicator_code,
            features.harm,
            case when models.method = 'network' then models.harm end,
            weighed.feature_group
        ) as reason_code,
        max(case when weighed.is_label_proxy then 1 else 0 end) as is_label_proxy,
        min(features.network_scope) as network_scope,
        min(features.basis) as basis,
        cast(
            sum(case when weighed.part = 'model' then weighed.contribution end)
            as {{ type_double() }}
        ) as contribution_model,
        cast(
            sum(case when weighed.part = 'index' then weighed.contribution end)
            as {{ type_double() }}
        ) as contribution_index
    from weighed
    inner join models on weighed.model = models.model
    left join features
        on
            weighed.feature_group = features.feature
            and weighed.indicator_code is null
    group by
        weighed.model,
        weighed.person_id,
        weighed.as_of_date,
        weighed.scope,
        weighed.indicator_code,
        coalesce(
            weighed.indicator_code,
            features.harm,
            case when models.method = 'network' then models.harm end,
            weighed.feature_group
        )
),

lifts as (
    select
        model,
        person_id,
        as_of_date,
        sum(contribution_model) as lift_model,
        sum(contribution_index) as lift_index
    from grouped
    group by model, person_id, as_of_date
),

-- Of what lifts the score that counts, the part that a reason has; of equal scores, the larger one.
shared as (
    select
        grouped.*,
        cast(
            coalesce(
                case
                    when scored.winner <> 'index' and lifts.lift_model > 0
                        then grouped.contribution_model / lifts.lift_model
                end,
                0
            ) as {{ type_double() }}
        ) as share_model,
        cast(
            coalesce(
                case
                    when scored.winner <> 'model' and lifts.lift_index > 0
                        then grouped.contribution_index / lifts.lift_index
                end,
                0
            ) as {{ type_double() }}
        ) as share_index
    from grouped
    inner join scored
        on
            grouped.model = scored.model
            and grouped.person_id = scored.person_id
            and grouped.as_of_date = scored.as_of_date
    inner join lifts
        on
            grouped.model = lifts.model
            and grouped.person_id = lifts.person_id
            and grouped.as_of_date = lifts.as_of_date
),

-- An event that two indicators of one person tell is told by the one that says more.
saying_more as (
    select
        sources.*,
        sum(case when catalogue.is_general or catalogue.is_general is null then 0 else 1 end) over (
            partition by
                sources.person_id,
                sources.as_of_date,
                sources.scope,
                sources.source_person_id,
                sources.event_key
        ) as n_saying_more,
        row_number() over (
            partition by
                sources.person_id, sources.as_of_date, sources.scope, sources.reason_code
            order by
                case when sources.is_present then 0 else 1 end asc,
                coalesce(sources.ended_date, sources.event_date) desc,
                sources.event_date desc,
                sources.source_row_key asc,
                sources.source_key asc
        ) as nth_latest
    from sources
    left join catalogue on sources.indicator_code = catalogue.indicator_code
),

sourced as (
    select
        person_id,
        as_of_date,
        scope,
        reason_code,
        count(*) as n_source_rows,
        count(distinct event_key) as n_events,
        max(case when is_present then 1 else 0 end) as is_present,
        max(case when handling = 'restricted' then 1 else 0 end) as is_restricted,
        max(case when is_present and n_saying_more = 0 then 1 else 0 end) as says_its_own,
        max(case when nth_latest = 1 then event_date end) as latest_date,
        max(case when nth_latest = 1 then ended_date end) as latest_ended_date,
        max(case when nth_latest = 1 then source_person_id end) as source_person_id,
        max(case when nth_latest = 1 then source_system end) as source_system,
        max(case when nth_latest = 1 then source_extract end) as source_extract,
        max(case when nth_latest = 1 then source_row_key end) as source_row_key
    from saying_more
    group by person_id, as_of_date, scope, reason_code
),

-- That intelligence tells nothing of somebody is as restricted as what it tells.
restricted_indicators as (
    select distinct indicator_code
    from intelligence
),

children_near as (
    select
        model,
        person_id,
        as_of_date,
        min(n_hops) as nearest_hops
    from adults_neared
    group by model, person_id, as_of_date
),

-- What lifts a score, and beside it what is present without doing so. A record is no reason where
-- having none lifts as much.
candidates as (
    select
        shared.model,
        shared.person_id,
        shared.as_of_date,
        shared.scope,
        shared.indicator_code,
        shared.reason_code,
        shared.network_scope,
        shared.basis,
        shared.is_label_proxy,
        shared.contribution_model,
        shared.contribution_index,
        case
            when shared.share_model > shared.share_index then shared.share_model
            else shared.share_index
        end as lift_share,
        case
            when shared.share_index > 0 then 1
            when
                shared.share_model > 0
                and (
                    absences.contribution is null
                    or shared.contribution_model > absences.contribution
                )
                then 1
            else 0
        end as lifts_by_record
    from shared
    left join absences
        on
            shared.model = absences.model
            and shared.scope = absences.scope
            and shared.indicator_code = absences.indicator_code
    union all
    select
        scored.model,
        scored.person_id,
        scored.as_of_date,
        sourced.scope,
        sourced.reason_code as indicator_code,
        sourced.reason_code,
        cast(null as {{ dbt.type_string() }}) as network_scope,
        cast(null as {{ dbt.type_string() }}) as basis,
        case when catalogue.is_label_proxy then 1 else 0 end as is_label_proxy,
        cast(null as {{ type_double() }}) as contribution_model,
        cast(null as {{ type_double() }}) as contribution_index,
        cast(0 as {{ type_double() }}) as lift_share,
        0 as lifts_by_record
    from scored
    inner join models on scored.model = models.model
    inner join sourced
        on
            scored.person_id = sourced.person_id
            and scored.as_of_date = sourced.as_of_date
            and sourced.scope in ('person', 'family')
            and sourced.is_present = 1
    inner join catalogue on sourced.reason_code = catalogue.indicator_code
    left join shared
        on
            scored.model = shared.model
            and scored.person_id = shared.person_id
            and scored.as_of_date = shared.as_of_date
            and sourced.scope = shared.scope
            and sourced.reason_code = shared.reason_code
    where models.method <> 'network' and shared.reason_code is null
),

described as (
    select
        candidates.*,
        coalesce(catalogue.position, 1000 + phrases.position, 2000) as position,
        coalesce(catalogue.indicator, phrases.reason, candidates.reason_code) as reason,
        coalesce(catalogue.is_general, false) as is_general,
        sourced.source_person_id,
        coalesce(sourced.n_source_rows, 0) as n_source_rows,
        coalesce(sourced.n_events, 0) as n_events,
        coalesce(sourced.is_present, 0) as is_present,
        case
            when sourced.is_restricted = 1 then 1
            when restricted_indicators.indicator_code is not null then 1
            else 0
        end as is_restricted,
        coalesce(sourced.says_its_own, 0) as says_its_own,
        sourced.latest_date,
        sourced.latest_ended_date,
        sourced.source_system,
        sourced.source_extract,
        sourced.source_row_key,
        case
            when sourced.n_source_rows is null or candidates.scope = 'none' then 'none'
            -- That there is intelligence is told of nobody whose score it did not carry.
            when
                sourced.is_restricted = 1
                and candidates.indicator_code is not null
                and candidates.lifts_by_record = 0
                then 'none'
            when candidates.lifts_by_record = 1
                then case candidates.scope when 'family' then 'family' else 'why' end
            when candidates.scope in ('person', 'family') and sourced.is_present = 1
                then candidates.scope
            else 'none'
        end as text_part,
        case
            when catalogue.indicator_code is not null and sourced.is_present = 1
                then
                    case candidates.scope
                        when 'family' then catalogue.phrase_family
                        else catalogue.phrase_person
                    end
            when catalogue.kind = 'state'
                then
                    catalogue.phrase_past
                    || ' until '
                    || {{ date_in_words("sourced.latest_ended_date") }}
            when catalogue.kind = 'event'
                then
                    catalogue.phrase_past
                    || ' on '
                    || {{ date_in_words("sourced.latest_date") }}
            when coalesce(nearness.nearest_hops, children_near.nearest_hops) > 1
                then phrases.phrase_through_others
            else phrases.phrase_person
        end as phrase
    from candidates
    left join catalogue on candidates.indicator_code = catalogue.indicator_code
    left join restricted_indicators
        on candidates.indicator_code = restricted_indicators.indicator_code
    left join phrases
        on
            candidates.scope = phrases.scope
            and candidates.reason_code = phrases.reason_code
    left join sourced
        on
            candidates.person_id = sourced.person_id
            and candidates.as_of_date = sourced.as_of_date
            and candidates.scope = sourced.scope
            and candidates.reason_code = sourced.reason_code
    left join nearness
        on
            candidates.scope = 'associates'
            and candidates.person_id = nearness.person_id
            and candidates.as_of_date = nearness.as_of_date
            and candidates.reason_code = nearness.harm
            and candidates.network_scope = nearness.scope
            and candidates.basis = nearness.basis
    left join children_near
        on
            candidates.scope = 'associates'
            and candidates.model = children_near.model
            and candidates.person_id = children_near.person_id
            and candidates.as_of_date = children_near.as_of_date
),

-- Which part tells an event already that a general indicator tells too.
events_told as (
    select distinct
        described.model,
        described.person_id,
        described.as_of_date,
        described.scope,
        described.text_part,
        sources.source_person_id,
        sources.event_key
    from described
    inner join sources
        on
            described.person_id = sources.person_id
            and described.as_of_date = sources.as_of_date
            and described.scope = sources.scope
            and described.reason_code = sources.reason_code
    where
        not described.is_general
        and described.is_restricted = 0
        and described.text_part in ('why', 'person', 'family')
        and described.scope in ('person', 'family')
),

generals_told as (
    select distinct
        described.model,
        described.person_id,
        described.as_of_date,
        described.scope,
        described.reason_code
    from described
    inner join sources
        on
            described.person_id = sources.person_id
            and described.as_of_date = sources.as_of_date
            and described.scope = sources.scope
            and described.reason_code = sources.reason_code
    inner join events_told
        on
            described.model = events_told.model
            and described.person_id = events_told.person_id
            and described.as_of_date = events_told.as_of_date
            and described.scope = events_told.scope
            and sources.source_person_id = events_told.source_person_id
            and sources.event_key = events_told.event_key
            and (described.text_part <> 'why' or events_told.text_part = 'why')
    where described.is_general and described.says_its_own = 0
),

ordered as (
    select
        described.*,
        generals_told.reason_code is not null as is_told_by_another,
        row_number() over (
            partition by
                described.model, described.person_id, described.as_of_date, described.text_part
            order by
                described.lift_share desc,
                described.position asc,
                described.scope asc,
                described.reason_code asc
        ) as nth,
        row_number() over (
            partition by
                described.model,
                described.person_id,
                described.as_of_date,
                described.text_part,
                case
                    when described.is_restricted = 1 and described.indicator_code is not null
                        then 0
                    when generals_told.reason_code is not null then 0
                    else 1
                end
            order by
                described.lift_share desc,
                described.position asc,
                described.scope asc,
                described.reason_code asc
        ) as nth_that_may_be_named
    from described
    left join generals_told
        on
            described.model = generals_told.model
            and described.person_id = generals_told.person_id
            and described.as_of_date = generals_told.as_of_date
            and described.scope = generals_told.scope
            and described.reason_code = generals_told.reason_code
),

-- What intelligence alone tells is counted, not named: readers of the text may not see it.
final as (
    select
        {{ dbt_utils.generate_surrogate_key(
            ["model", "person_id", "as_of_date", "scope", "reason_code"]
        ) }} as reason_key,
        model,
        person_id,
        as_of_date,
        text_part,
        cast(nth as integer) as nth,
        scope,
        reason_code,
        indicator_code,
        reason,
        phrase,
        contribution_model,
        contribution_index,
        lift_share,
        lifts_by_record = 1 and n_source_rows > 0 as is_carrying,
        is_label_proxy = 1 as is_label_proxy,
        is_present = 1 as is_present,
        is_told_by_another,
        text_part <> 'none'
        and not is_told_by_another
        and (is_restricted = 0 or indicator_code is null)
        and nth_that_may_be_named <= {{ most_named }}
        and (text_part <> 'why' or lift_share >= {{ least_share }}) as is_named,
        case
            when is_restricted = 1 then 'restricted'
            else 'official_sensitive'
        end as handling,
        cast(n_events as integer) as n_events,
        cast(n_source_rows as integer) as n_source_rows,
        source_person_id,
        case when is_present = 1 then latest_date else coalesce(latest_ended_date, latest_date) end
            as latest_date,
        source_system,
        source_extract,
        source_row_key
    from ordered
)

select * from final
