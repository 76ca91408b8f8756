"""Identifiers: strings that the type checker keeps apart."""

from typing import NewType

CustomerId = NewType("CustomerId", str)
AccountId = NewType("AccountId", str)
BatchId = NewType("BatchId", str)
DecisionId = NewType("DecisionId", str)
