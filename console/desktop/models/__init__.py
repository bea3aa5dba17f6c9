"""Table models over frozen rows."""
