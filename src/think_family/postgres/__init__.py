"""The warehouse on Postgres: where the server is, and how Python models read and write there."""
