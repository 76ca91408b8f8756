"""Values and arithmetic that every other part speaks in."""
