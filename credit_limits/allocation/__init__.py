"""One limit for each account under the portfolio's caps, with its certificate."""
