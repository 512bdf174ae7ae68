import narwhals as nw

from think_family.scoring.texts import texts_written


def model(dbt, session):
    dbt.config(materialized="table")

    def table(relation):
        return nw.from_native(relation).collect("pyarrow").to_native()

    return texts_written(
        persons=table(dbt.ref("int_scores__persons_scored")),
        reasons=table(dbt.ref("int_scores__reasons_told")),
        indicators=table(dbt.ref("score_indicator")),
        models=table(dbt.ref("int_scores__models_configured")),
    )
