"""The credit-limit world: a portfolio whose truth is known."""
