"""Rows of views over a written chart, by the questions that both kits are asked."""

import json
import sys
import tempfile
import unittest
from pathlib import Path

SDK = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SDK / "python"))

from palatine import Failure, ViewQuery, read_json, write_json  # noqa: E402
from palatine.bedside import Bedside  # noqa: E402

GIVEN = read_json((SDK / "builders/views.json").read_text(encoding="utf-8"))
MANIFEST = {"manifest": 1, "views": GIVEN["views"]}


class Asked(ViewQuery):
    """A question as it is written."""

    def __init__(self, members):
        super().__init__()
        self._members = members


class Views(unittest.TestCase):
    def test_rows_by_question(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "departmental.json").write_text(json.dumps(MANIFEST))
            for question in GIVEN["questions"]:
                with self.subTest(write_json(question)):
                    bedside = Bedside(folder).with_(*GIVEN["chart"])
                    if "patient" in question:
                        bedside.patient(question["patient"])
                    self.ask(bedside, question)

    def ask(self, bedside, question):
        def rows():
            return bedside.call(lambda call: call.chart.rows(question["view"], Asked(question["asked"])))

        if "refused" in question:
            with self.assertRaises(Failure) as wrong:
                rows()
            self.assertIn(question["refused"], wrong.exception.detail)
            return
        found = rows()
        if "values" in question:
            self.assertEqual(write_json([row._values for row in found]), write_json(question["values"]))
        else:
            self.assertEqual([row.text("id") for row in found], question["ids"])
        self.assertEqual((found.more, found.next), (question.get("more", False), question.get("next")))


if __name__ == "__main__":
    unittest.main()
