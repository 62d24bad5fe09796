"""Every builder with all that it may have, and on both sides of every bound, against the schema of screens."""

import sys
import unittest
from pathlib import Path

SDK = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(SDK), str(SDK / "python")]

from builders.schema import DEFS, SCREEN, Reader, snake  # noqa: E402
from builders.sweep import Sweep  # noqa: E402
from builders.validate import follows  # noqa: E402
from palatine import Failure, screen  # noqa: E402


def made(it):
    """What the words of a case say, built."""
    if isinstance(it, list):
        return [made(one) for one in it]
    if not isinstance(it, dict) or not it:
        return it
    ((how, given),) = it.items()
    match how:
        case "$":
            return builder(*given)
        case "fact":
            return getattr(screen.Fact, given[0])(*given[1:])
        case "field":
            return screen.Condition.answered(given)
        case "text":
            return "ä" * given
        case "times":
            return [made(given[1])] * given[0]
    return it


def builder(name, needs, calls, children, only):
    of = getattr(screen, name)
    it = (getattr(of, snake(only)) if only else of)(*made(needs))
    for function, given in calls:
        it = getattr(it, snake(function))(*made(given))
    for at in range(children or 0):
        it.child(screen.Heading(f"Child {at}"))
    return it


class TheSweep(unittest.TestCase):
    def test_every_builder_takes_what_the_schema_takes_and_nothing_else(self):
        cases = Sweep(Reader().read()).every()
        self.assertGreater(len(cases), 1000)
        for case in cases:
            with self.subTest(f"{case['of']}, {case['what']}"):
                try:
                    document = made(case["build"]).to_json()
                    taken = True
                except Failure as failure:
                    self.assertTrue(failure.detail.startswith(tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")), failure)
                    taken = False
                self.assertEqual(taken, case["taken"])
                if "document" in case:
                    self.assertEqual(document, case["document"])

    def test_every_node_makes_a_screen_that_the_schema_takes(self):
        kinds = set()
        for case in Sweep(Reader().read()).every():
            if case["what"].startswith("all of it") and case["taken"] and "kind" in case["document"]:
                node = made(case["build"]).fallback("In words").show_if(screen.Condition.is_("an-id", "yes").negated())
                drawn = screen.Screen(screen.Section().child(node)).title("A title").to_json()
                self.assertTrue(follows(drawn, SCREEN, SCREEN), case["of"])
                kinds.add(case["document"]["kind"])
        tabs = screen.Screen(screen.Tabs("One", screen.Heading("A")).panel("Two", screen.Heading("B"))).to_json()
        self.assertTrue(follows(tabs, SCREEN, SCREEN))
        self.assertEqual(kinds | {"tabs"}, {it["if"]["properties"]["kind"]["const"] for it in DEFS["node"]["allOf"]})


if __name__ == "__main__":
    unittest.main()
