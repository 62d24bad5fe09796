// Makes a component of a JavaScript departmental: its modules and the kit in one, then an engine around them.
//
// Called by `departmental build` as `node build.mjs FOLDER KIT WIT OUT`. What is wrong with the source is told as
// FILE:LINE:COLUMN, with exit code 1.
// Invariant: the component imports the contract alone, and the same modules make the same bytes.

import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, posix, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { engine, program } from './engine.mjs';

const CONTRACT = 'palatine:departmental/*';
const WORLD = 'with-everything';
/** How the engine calls the one file that it is given. */
const ENGINE_NAME = 'componentize-qjs:user.js';
const PACKAGES = join(dirname(fileURLToPath(import.meta.url)), 'node_modules');
const [folder, kit, wit, out] = process.argv.slice(2).map((it) => resolve(it));

async function entry() {
  const file = join(folder, 'package.json');
  const { main } = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'));
  if (typeof main !== 'string') {
    throw new Error(`${file}: has no "main"; name the module whose default export is the departmental: "main": "./hearing.js"`);
  }
  return resolve(folder, main);
}

/** The kit by names that do not say where it lies: the engine keeps the names of files. */
const ofKit = {
  name: 'palatine',
  setup(builder) {
    const named = (path) => ({ path, namespace: 'palatine' });
    builder.onResolve({ filter: /^palatine$/ }, () => named('index.js'));
    builder.onResolve({ filter: /^palatine\/(alone|guest|screen|bedside)$/ }, ({ path }) =>
      named(`${path.slice('palatine/'.length)}.js`));
    builder.onResolve({ filter: /^\.\.?\//, namespace: 'palatine' }, ({ path, importer }) =>
      named(posix.join(posix.dirname(importer), path)));
    builder.onLoad({ filter: /./, namespace: 'palatine' }, async ({ path }) => ({ contents: await readFile(join(kit, path), 'utf8') }));
  },
};

async function bundle(main) {
  const contents = `import 'palatine/alone';
import departmental from ${JSON.stringify(main)};
import { component } from 'palatine/guest';
if (departmental === undefined) throw new Error('no default export');
export const { screens, reactions, advice, intake } = component(departmental);`;
  try {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: folder, sourcefile: 'departmental build' },
      absWorkingDir: folder,
      plugins: [ofKit],
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
    throw new Error((wrong.errors ?? [wrong]).map(told).join('\n'));
  }
}

function told({ text, message, location }) {
  const file = location?.file.startsWith('palatine:') ? location.file.replace(':', '/') : resolve(folder, location?.file ?? '');
  const place = location ? `${file}:${location.line}:${location.column + 1}: ` : '';
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

/** A component of this module. */
async function component(source) {
  const file = await program(PACKAGES);
  const { componentize } = createRequire(import.meta.url)(file);
  const options = { jsSource: source, witPath: wit, world: WORLD, stubWasi: true, runtimeBytes: await engine(file) };
  return (await componentize(options)).component;
}

try {
  const source = await bundle(await entry());
  await writeFile(out, await component(source));
} catch (wrong) {
  const [, atLoad] = /module evaluation: (.*)$/s.exec(wrong.message) ?? [];
  const words = atLoad === undefined ? wrong.message : `what runs when the modules are loaded failed; ${atLoad}`;
  console.error(words.trim().replaceAll(ENGINE_NAME, 'departmental.js'));
  process.exitCode = 1;
}
