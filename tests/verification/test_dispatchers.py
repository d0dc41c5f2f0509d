"""The decisions of a dispatcher's rule, read from its source."""

from typing import get_args

import pytest
from purchasing.models import Step

from verification.saga_checker.dispatchers import draw_dispatcher, read_decisions


def test_every_step_of_the_purchase_dispatcher_is_drawn() -> None:
    page = "\n".join(draw_dispatcher("purchase_order.asl.json"))
    assert all(f'(["{step}"])' in page for step in get_args(Step.__value__))


def test_decisions_keep_the_order_of_the_code() -> None:
    source = (
        'def next_step(d):\n    """Doc."""\n    if d.a:\n        return "x"\n    return "y" if d.b else "z"\n'
    )
    assert list(read_decisions(source)) == [("d.a", "x"), ("d.b", "y"), ("", "z")]


def test_code_that_is_not_a_decision_list_is_refused() -> None:
    with pytest.raises(ValueError, match="not a decision"):
        list(read_decisions('def next_step(d):\n    step = "x"\n    return step\n'))


def test_a_workflow_without_a_dispatcher_has_no_section() -> None:
    assert draw_dispatcher("order_checkout.asl.json") == []
