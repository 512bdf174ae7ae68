"""Loading of agency extracts into the raw layer: as text, every version, nothing lost."""
