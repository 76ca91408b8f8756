"""The append-only ledger as arithmetic: entries, their chain, Merkle proofs."""
