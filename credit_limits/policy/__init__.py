"""The lender's policy, typed and dated, and who may have what limit under it."""
