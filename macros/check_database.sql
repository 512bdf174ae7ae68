{#
    Stops the run in a database that would give other results than the next one: where text is
    compared by the rules of a language, which differ from server to server, where capitals are
    known of plain letters only, or dates are written in another way than 2025-01-31. Keys are made
    of what is written, and ties are broken by what is smaller. Run at the start of every run;
    renders nothing.
#}
{%- macro check_database() -%}
    {%- if execute -%}
        {%- do adapter.dispatch("check_database", "think_family")() -%}
    {%- endif -%}
{%- endmacro -%}

{%- macro default__check_database() -%}
{%- endmacro -%}

{%- macro postgres__check_database() -%}
    {%- set oldest = 16 -%}
    {%- set version, compares_by_code_point, knows_capitals, writes_iso_dates = run_query(
        "select cast(current_setting('server_version_num') as integer) / 10000,"
        ~ " not 'a' < 'B', upper('é') = 'É' and length(upper('ß')) = 1,"
        ~ " cast(cast('2025-01-31' as date) as text) = '2025-01-31'"
    ).rows[0] -%}
    {%- if version < oldest -%}
        {%- do exceptions.raise_compiler_error(
            "The server is Postgres " ~ version ~ ". Postgres " ~ oldest ~ " or newer is needed."
        ) -%}
    {%- elif not (compares_by_code_point and knows_capitals) -%}
        {%- do exceptions.raise_compiler_error(
            "The database " ~ target.dbname ~ " compares text by the rules of a language, or knows"
            ~ " capitals of plain letters only. Make one that does neither, and build there:"
            ~ " create database think_family template template0 encoding 'UTF8' locale_provider"
            ~ " builtin builtin_locale 'C.UTF-8' lc_collate 'C' lc_ctype 'C'. Before Postgres 17:"
            ~ " create database think_family template template0 encoding 'UTF8' locale_provider libc"
            ~ " lc_collate 'C' lc_ctype 'C.UTF-8'."
        ) -%}
    {%- elif not writes_iso_dates -%}
        {%- do exceptions.raise_compiler_error(
            "The database " ~ target.dbname ~ " does not write dates as 2025-01-31. Set it so:"
            ~ " alter database " ~ target.dbname ~ " set datestyle to 'ISO'."
        ) -%}
    {%- endif -%}
{%- endmacro -%}
