"""Spark in the process that builds: its session, and what its errors may say."""
