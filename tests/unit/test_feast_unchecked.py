"""Feast as the project imports it: without typeguard's work, and typeguard as it was."""

import inspect

import pytest
import typeguard

from feature_repo import unchecked


def test_what_feast_decorates_is_what_it_wrote():
    # typeguard compiles its own code in place of a decorated method's, with its checks in it
    code = unchecked.FeatureView.__init__.__code__
    assert "check_argument_types_internal" not in code.co_names
    assert "check_argument_types_internal" in typeguard.typechecked(_checked).__code__.co_names


def _checked(number: int) -> int:
    return number


def test_typeguard_checks_for_everybody_else():
    with pytest.raises(typeguard.TypeCheckError):
        typeguard.typechecked(_checked)("a text")


@pytest.mark.parametrize("arguments", [{}, {"collection_check_strategy": None}])
def test_the_stand_in_takes_both_forms_of_the_decorator(arguments):
    decorated = unchecked._as_it_is(**arguments)(_checked) if arguments else None
    assert (decorated or unchecked._as_it_is(_checked)) is _checked


def test_every_name_that_is_handed_on_is_feasts():
    for name in unchecked.__all__:
        module = inspect.getmodule(getattr(unchecked, name))
        assert module is None or module.__name__.startswith(("feast", "typing")), name
