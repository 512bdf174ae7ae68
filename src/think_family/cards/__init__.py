"""What a reviewer reads: results of trials that are kept, model cards, a transparency record."""
