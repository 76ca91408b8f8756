"""Merkle trees: one root for a batch of decisions, a short proof for each of them.

The construction is that of RFC 6962, section 2.1: a leaf is hashed with the prefix 0x00, a node
with 0x01, so that no node can be passed off as a leaf; a lone node at the end of a level is
carried up unchanged, so that no leaf counts twice.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

_LEAF, _NODE = b"\x00", b"\x01"
EMPTY_ROOT = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class ProofStep:
    """The sibling on the way from a leaf to the root, and the side it stands on."""

    sibling_digest: str
    sibling_is_left: bool


def merkle_root(leaf_digests: Sequence[str]) -> str:
    """Root over leaves given as hexadecimal digests, in their order; of no leaves, SHA-256 of "".

    >>> merkle_root(["00" * 32])[:8]
    '7f9c9e31'
    """
    if not leaf_digests:
        return EMPTY_ROOT
    return _levels(leaf_digests)[-1][0].hex()


def prove(leaf_digests: Sequence[str], index: int) -> tuple[ProofStep, ...]:
    """Siblings from leaf ``index`` up to the root; ``IndexError`` where there is no such leaf."""
    if not 0 <= index < len(leaf_digests):
        raise IndexError(f"leaf {index} of {len(leaf_digests)}")
    steps: list[ProofStep] = []
    for level in _levels(leaf_digests)[:-1]:
        sibling = index ^ 1
        if sibling < len(level):
            steps.append(ProofStep(level[sibling].hex(), sibling < index))
        index //= 2
    return tuple(steps)


def proof_holds(leaf_digest: str, proof: Sequence[ProofStep], root: str) -> bool:
    """Whether the leaf is one of those under ``root``."""
    digest = _leaf(leaf_digest)
    for step in proof:
        sibling = bytes.fromhex(step.sibling_digest)
        digest = _node(sibling, digest) if step.sibling_is_left else _node(digest, sibling)
    return digest.hex() == root


def _levels(leaf_digests: Sequence[str]) -> list[list[bytes]]:
    levels = [[_leaf(digest) for digest in leaf_digests]]
    while len(level := levels[-1]) > 1:
        paired = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        levels.append(paired + level[len(level) & ~1 :])
    return levels


def _leaf(digest: str) -> bytes:
    return hashlib.sha256(_LEAF + bytes.fromhex(digest)).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()
