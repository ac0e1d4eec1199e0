"""Tests in two sizes: small with every change, and as large as it takes before a release."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings

QUICK, LONG = 100, 1_000
BEFORE_A_RELEASE = [pytest.mark.slow, pytest.mark.release]


def for_all(**strategies: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator: the test holds for every choice from `strategies`."""

    def decorate(body: Callable[..., None]) -> Callable[..., None]:
        @pytest.mark.parametrize("examples", [QUICK, pytest.param(LONG, marks=BEFORE_A_RELEASE)])
        def test(examples: int) -> None:
            settings(max_examples=examples)(given(**strategies)(body))()

        test.__name__, test.__qualname__, test.__doc__ = (
            body.__name__,
            body.__qualname__,
            body.__doc__,
        )
        test.__module__ = body.__module__
        return test

    return decorate
