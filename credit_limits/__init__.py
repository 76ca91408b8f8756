"""What is known of credit limits, as values and arithmetic: no tool, no file, no clock, no log."""
