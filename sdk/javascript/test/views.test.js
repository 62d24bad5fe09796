// Rows of views over a written chart, by the questions that both kits are asked.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { Bedside } from '../bedside.js';
import { readJson, writeJson } from '../json.js';

const given = readJson(readFileSync(new URL('../../builders/views.json', import.meta.url), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'views-'));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'departmental.json'), writeJson({ manifest: 1, views: given.views }));

for (const question of given.questions) {
  test(writeJson(question), () => {
    const bedside = new Bedside(folder).with(...given.chart);
    if (question.patient !== undefined) {
      bedside.patient(question.patient);
    }
    const ask = () => bedside.call((call) => call.chart.rows(question.view, question.asked));
    if (question.refused !== undefined) {
      assert.throws(ask, ({ detail }) => detail.includes(question.refused));
      return;
    }
    const rows = ask();
    if (question.values !== undefined) {
      const columns = question.view === 'results' ? ['id', 'who', 'when', 'value', 'words', 'is_k'] : question.view === 'noted' ? ['id', 'all', 'first'] : ['id', 'is'];
      assert.equal(writeJson([...rows].map((row) => columns.map((name) => row.get(name)))), writeJson(question.values));
    } else {
      assert.deepEqual([...rows].map((row) => row.text('id')), question.ids);
    }
    assert.deepEqual([rows.more, rows.next], [question.more ?? false, question.next ?? null]);
  });
}
