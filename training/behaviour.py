"""Declared directions, proven from the trees rather than tried on rows.

A tree never falls in an input where, at each of its splits on that input, no leaf on the lower
side says more than any leaf on the higher side. Trees are added up, so what holds for each holds
for the model, whatever the other inputs are. (Sufficient, and what LightGBM's basic constraints
are built to keep.)
"""

from collections.abc import Mapping, Sequence

import lightgbm

from credit_limits.domain.features import Direction


def splits_against(booster_text: str, directions: Sequence[Direction]) -> int:
    """Number of splits on a declared input whose two sides are not in its order.

    Args:
        booster_text: LightGBM's own text.
        directions: of each input, in the booster's order.
    """
    dump = lightgbm.Booster(model_str=booster_text).dump_model()
    return sum(_range(tree["tree_structure"], directions)[2] for tree in dump["tree_info"])


def _range(node: Mapping[str, object], directions: Sequence[Direction]) -> tuple[float, float, int]:
    """Least and greatest leaf below a node, and the splits below it that are out of order."""
    if "leaf_value" in node:
        value = float(str(node["leaf_value"]))
        return value, value, 0
    lower, higher = node["left_child"], node["right_child"]
    direction = directions[int(str(node["split_feature"]))]
    lower_least, lower_most, lower_count = _range(_child(lower), directions)
    higher_least, higher_most, higher_count = _range(_child(higher), directions)
    against = (direction is Direction.RAISES_RISK and lower_most > higher_least) or (
        direction is Direction.LOWERS_RISK and lower_least < higher_most
    )
    return (
        min(lower_least, higher_least),
        max(lower_most, higher_most),
        lower_count + higher_count + against,
    )


def _child(node: object) -> Mapping[str, object]:
    if not isinstance(node, Mapping):
        raise TypeError(f"a split without a side: {node!r}")
    return node
