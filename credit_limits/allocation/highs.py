"""HiGHS, as the allocation uses it: silent, on one thread, the same answer every time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import highspy


def quiet_model(options: Mapping[str, float | int | str]) -> "highspy.Highs":
    """An empty model with these options set. HiGHS is imported when the first model is made."""
    import highspy

    model = highspy.Highs()  # type: ignore[no-untyped-call]  # its constructor is not annotated
    model.silent()
    for name, value in {"threads": 1, "random_seed": 0, **options}.items():
        model.setOptionValue(name, value)
    return model
