"""What Feast serves: entities, sources, views and services, and the SQL that computes each view.

Everything here is derived from the catalogue in ``credit_limits.domain.features``.
"""
