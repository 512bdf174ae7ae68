{#-
    Writes into the run ledger that this run has ended, how many of its nodes succeeded, failed and
    were skipped, and whether it published. Of a run that published also: the files that no earlier
    publication stood on, and each mart with its rows and digest. Called at the end of a run; renders
    nothing.

    results: the results that dbt gives to what is called at the end of a run.
-#}
{%- macro close_run(results) -%}
    {%- if execute and is_run() -%}
        {%- set counts = {"succeeded": 0, "failed": 0, "skipped": 0} -%}
        {%- set published = [] -%}
        {%- for result in results if result.node.resource_type != "exposure" -%}
            {%- if result.status in ("success", "pass", "warn") -%}
                {%- do counts.update({"succeeded": counts.succeeded + 1}) -%}
                {%- if result.node.resource_type == "model" and result.node.name == "publication" -%}
                    {%- do published.append(true) -%}
                {%- endif -%}
            {%- elif result.status == "skipped" -%}
                {%- do counts.update({"skipped": counts.skipped + 1}) -%}
            {%- elif result.status != "no-op" -%}
                {%- do counts.update({"failed": counts.failed + 1}) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set run = text_literal(invocation_id) -%}
        {%- set now = modules.datetime.datetime.now(modules.pytz.utc) -%}
        {%- set statements = [
            "insert into " ~ ledger_table("runs_ended") ~ " select " ~ [
                run, timestamp_literal(now), counts.succeeded, counts.failed, counts.skipped,
                "true" if published else "false",
            ] | join(", ")
        ] -%}
        {%- if published -%}
            {#- What staging held, and not raw: that is what was published. -#}
            {%- do statements.append(
                "insert into " ~ ledger_table("files_published")
                ~ " select " ~ run ~ ", files.source_system, files.source_extract,"
                ~ " files.source_file, files.file_sha256, files.extract_date"
                ~ " from " ~ built_relation("stg_load_ledger__files") ~ " as files"
                ~ " where not exists (select 1 from " ~ ledger_table("files_published") ~ " as known"
                ~ " where known.source_system = files.source_system"
                ~ " and known.source_extract = files.source_extract"
                ~ " and known.source_file = files.source_file"
                ~ " and known.file_sha256 = files.file_sha256)"
            ) -%}
            {%- do statements.append(
                "insert into " ~ ledger_table("marts_published")
                ~ " select " ~ run ~ ", mart, n_rows, digest from " ~ built_relation("publication")
            ) -%}
        {%- endif -%}
        {%- do write_ledger(statements) -%}
    {%- endif -%}
{%- endmacro -%}
