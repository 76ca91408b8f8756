"""The application: the core connected to its tools."""
