"""Drift against the reference that is stored with a model. Frames in, verdicts out."""
