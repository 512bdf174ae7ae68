"""What the Makefile needs beside dbt: packages in place, "has anything changed", the summary."""
