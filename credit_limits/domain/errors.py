"""Every error a user of Tidegate can meet, as one tree.

A message says what went wrong, where, and what to do about it. The command line prints the
message and leaves with the error's own ``exit_code``, so that a scheduler can tell them apart.

TidegateError (1)
├── SettingsError (2)            a setting is absent or cannot be used
├── PolicyError (3)              a dated policy file is absent or does not hold together
├── InputError (4)               what a lender handed in cannot be used
│   ├── MappingError (5)         the column mapping of a source does not fit its file
│   └── BatchRefused (6)         the whole batch is refused; nothing of it entered the lake
├── DataMissing (7)              a step needs data that no earlier step has produced
├── FeatureStoreError (8)        features came back other than they were asked for
├── ModelError (9)               a model cannot be trained, loaded or trusted
│   └── NotEnoughOutcomes (10)   too few labelled rows, or only one class of them
├── GateRefused (11)             the gate chain did not clear a model
│   └── NoCertifiedChampion (12) no champion, or one whose certificate does not verify
├── AllocationInfeasible (13)    caps that cannot be met even with everyone at the floor
├── LedgerBroken (14)            an entry of the ledger was altered
│   └── ProofBroken (17)         a proof of a decision does not hold under the published root
├── DecisionChanged (18)         a decision made again does not come out as it was recorded
├── ServerError (15)             a server did not start or did not answer
└── WorldOutsideBands (16)       a calibrated quantity of the simulated world lies outside its band
"""

from typing import ClassVar


class TidegateError(Exception):
    """Root of the tree; ``exit_code`` is what the command line leaves with."""

    exit_code: ClassVar[int] = 1


class SettingsError(TidegateError):
    """A setting is absent or cannot be used."""

    exit_code = 2


class PolicyError(TidegateError):
    """A dated policy file is absent or does not hold together."""

    exit_code = 3


class InputError(TidegateError):
    """What a lender handed in cannot be used."""

    exit_code = 4


class MappingError(InputError):
    """The column mapping of a source does not fit its file."""

    exit_code = 5


class BatchRefused(InputError):
    """The whole batch is refused; nothing of it entered the lake."""

    exit_code = 6


class DataMissing(TidegateError):
    """A step needs data that no earlier step has produced."""

    exit_code = 7


class FeatureStoreError(TidegateError):
    """Features came back other than they were asked for."""

    exit_code = 8


class ModelError(TidegateError):
    """A model cannot be trained, loaded or trusted."""

    exit_code = 9


class NotEnoughOutcomes(ModelError):
    """Too few labelled rows, or only one class of them."""

    exit_code = 10


class GateRefused(TidegateError):
    """The gate chain did not clear a model."""

    exit_code = 11


class NoCertifiedChampion(GateRefused):
    """There is no champion, or its certificate does not verify."""

    exit_code = 12


class AllocationInfeasible(TidegateError):
    """Caps that cannot be met even with every account at its floor."""

    exit_code = 13


class LedgerBroken(TidegateError):
    """An entry of the ledger was altered."""

    exit_code = 14


class ProofBroken(LedgerBroken):
    """A proof of a decision does not hold under the published root."""

    exit_code = 17


class DecisionChanged(TidegateError):
    """A decision made again does not come out as it was recorded."""

    exit_code = 18


class ServerError(TidegateError):
    """A server did not start or did not answer."""

    exit_code = 15


class WorldOutsideBands(TidegateError):
    """A calibrated quantity of the simulated world lies outside its band."""

    exit_code = 16
