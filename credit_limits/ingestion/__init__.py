"""What a lender's data must be: table contracts, column mappings, quarantine."""
