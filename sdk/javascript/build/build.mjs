// Makes a component of a JavaScript departmental: its modules and the kit in one, then an engine around them.
//
// Called by `departmental build` as `node build.mjs FOLDER KIT WIT OUT`. What is wrong with the source is told as
// FILE:LINE:COLUMN, with exit code 1.
// Invariant: random numbers, clocks, output and network are left out, so the component imports the contract alone.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';

import { componentize } from '@bytecodealliance/componentize-js';
import { build } from 'esbuild';

const CONTRACT = 'palatine:departmental/*';
const [folder, kit, wit, out] = process.argv.slice(2).map((it) => resolve(it));

class Wrong extends Error {}

async function entry() {
  const file = join(folder, 'package.json');
  const { main } = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'));
  if (typeof main !== 'string') {
    throw new Wrong(`${file}: has no "main"; name the module whose default export is the departmental: "main": "./hearing.js"`);
  }
  return resolve(folder, main);
}

async function bundle(main) {
  const contents = `import departmental from ${JSON.stringify(main)};
import { component } from 'palatine/guest';
if (departmental === undefined) throw new Error('no default export');
export const { screens, reactions, advice, intake } = component(departmental);`;
  try {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: folder, sourcefile: 'departmental build' },
      absWorkingDir: folder,
      alias: Object.fromEntries(['guest', 'screen', 'bedside'].map((it) => [`palatine/${it}`, join(kit, `${it}.js`)])
        .concat([['palatine', join(kit, 'index.js')]])),
      external: [CONTRACT],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['import'],
      target: 'es2022',
      keepNames: true,
      logLevel: 'silent',
    });
    return outputFiles[0].text;
  } catch (wrong) {
    throw new Wrong((wrong.errors ?? [wrong]).map(told).join('\n'));
  }
}

function told({ text, message, location }) {
  const place = location ? `${join(folder, relative(folder, resolve(folder, location.file)))}:${location.line}:${location.column + 1}: ` : '';
  const words = text ?? message;
  const help = /^Could not resolve "([^./][^"]*)"/.exec(words);
  const node = help && /^node:/.test(help[1]);
  const mend = node
    ? '; a departmental has no files, clock or network, so nothing of node is there'
    : help
      ? `; is it in package.json, and was npm install run in ${folder}?`
      : '';
  return place + words + mend;
}

const work = await mkdtemp(join(tmpdir(), 'departmental-'));
try {
  const source = join(work, 'departmental.js');
  await writeFile(source, await bundle(await entry()));
  const disableFeatures = ['random', 'stdio', 'clocks', 'http', 'fetch-event'];
  const { component } = await componentize({ sourcePath: source, witPath: wit, worldName: 'with-everything', disableFeatures });
  await writeFile(out, component);
} catch (wrong) {
  const atStart = /initialize component/.test(wrong.message) ? 'what runs when the modules are loaded failed; ' : '';
  console.error(wrong instanceof Wrong ? wrong.message : `${atStart}${wrong.message}`);
  process.exitCode = 1;
} finally {
  await rm(work, { recursive: true, force: true });
}
