"""From counts of ratings to a decision: intervals, the score table, the recommendation. Reads no database."""
