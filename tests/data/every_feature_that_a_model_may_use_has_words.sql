-- Features of an indicator are told in the words of the catalogue, which may not be missing.
with features as (
    select * from {{ ref("int_features__features_catalogued") }}
),

phrases as (
    select * from {{ ref("score_phrase") }}
),

final as (
    select features.feature
    from features
    left join phrases
        on
            features.scope = phrases.scope
            and features.harm = phrases.reason_code
    where features.indicator_code is null and phrases.phrase_person is null
)

select * from final
