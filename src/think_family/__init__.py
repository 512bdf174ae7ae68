"""The library of the Think Family Warehouse: synthesis, loading, identity and publication."""
