"""The gate chain: evidence, one function a check, one verdict, and the certificate of it."""
