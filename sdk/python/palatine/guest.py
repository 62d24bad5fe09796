"""The departmental as a component exports it, and the host as the contract's imports answer.

Invariant: a failure of the host comes as a Failure, never as anything that could be taken for an answer.
"""

from types import SimpleNamespace

from componentize_py_types import Err
from wit_world.imports import chart, context, journal, packs, types

from palatine.departmental import Answers, Departmental
from palatine.failure import Failure


def _asked(ask):
    def answer(*given):
        try:
            return ask(*given)
        except Err as wrong:
            raise Failure(wrong.value.code, wrong.value.detail) from None

    return answer


_HOST = SimpleNamespace(
    context=context,
    chart=SimpleNamespace(read=_asked(chart.read), search=_asked(chart.search), rows=_asked(chart.rows)),
    packs=SimpleNamespace(get=_asked(packs.get)),
    journal=journal,
)


def exports(departmental: Departmental) -> tuple[type, type, type, type]:
    """The classes that the contract's four interfaces are made of."""
    answers = Answers(departmental, _HOST)

    def told(ask):
        def answer(_, *given):
            try:
                return ask(*given)
            except Failure as failure:
                raise Err(types.Failure(failure.code, failure.detail)) from None

        return answer

    return (
        type("Screens", (), {"open": told(answers.open), "submit": told(answers.submit)}),
        type("Reactions", (), {"react": told(answers.react)}),
        type("Advice", (), {"advise": told(answers.advise)}),
        type("Intake", (), {"convert": told(answers.convert)}),
    )
