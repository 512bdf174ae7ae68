"""Identity: which records of many agencies are one person, and which persons are one family."""
