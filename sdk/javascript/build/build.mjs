// Makes a component of a JavaScript departmental: its modules and the kit in one, then an engine around them.
//
// Called by `departmental build` as `node build.mjs FOLDER KIT WIT OUT`. What is wrong with the source is told as
// FILE:LINE:COLUMN, with exit code 1.
// Invariant: random numbers, clocks, output and network are left out, so the component imports the contract alone; what is
// kept from one build to the next is found by a digest of all that it is made of.

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const CONTRACT = 'palatine:departmental/*';
const WORLD = 'with-everything';
const DISABLED = ['random', 'stdio', 'clocks', 'http', 'fetch-event'];
/** Where what was made is kept; this program lies in a folder of its own for each version of what it calls. */
const KEPT = join(dirname(fileURLToPath(import.meta.url)), 'kept');
/** Components that are kept, the newest of them. */
const COMPONENTS_KEPT = 4;
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

function digest(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(`${part.length}:`).update(part);
  }
  return hash.digest('hex').slice(0, 32);
}

/** Writes beside the file and renames, so that nobody reads half of it. */
async function keep(file, bytes) {
  await mkdir(KEPT, { recursive: true });
  await writeFile(`${file}.${process.pid}`, bytes);
  await rename(`${file}.${process.pid}`, file);
}

/** The engine with the functions of the contract is the same for every departmental, and takes most of the time: it is made
 * once. */
async function spliceOnce(contract) {
  const { splicer } = await import('./node_modules/@bytecodealliance/componentize-js/lib/spidermonkey-embedding-splicer.js');
  const name = join(KEPT, `engine-${digest(contract, WORLD, ...DISABLED)}`);
  const splice = splicer.spliceBindings;
  try {
    const spliced = { ...JSON.parse(await readFile(`${name}.json`, 'utf8')), wasm: await readFile(`${name}.wasm`) };
    splicer.spliceBindings = () => spliced;
    return async () => {};
  } catch {
    let spliced;
    splicer.spliceBindings = (...given) => (spliced = splice(...given));
    return async () => {
      const { wasm, ...rest } = spliced;
      await keep(`${name}.wasm`, wasm);
      await keep(`${name}.json`, JSON.stringify(rest));
    };
  }
}

/** A component of this module. */
async function component(source) {
  const contract = await readFile(join(wit, 'departmental.wit'));
  const kept = join(KEPT, `${digest(source, contract)}.wasm`);
  const found = await readFile(kept).catch(() => null);
  if (found !== null) {
    await utimes(kept, new Date(), new Date());
    return found;
  }
  const work = await mkdtemp(join(tmpdir(), 'departmental-'));
  try {
    const sourcePath = join(work, 'departmental.js');
    await writeFile(sourcePath, source);
    const keepEngine = await spliceOnce(contract);
    const { componentize } = await import('@bytecodealliance/componentize-js');
    const made = await componentize({ sourcePath, witPath: wit, worldName: WORLD, disableFeatures: DISABLED });
    await keepEngine();
    await keep(kept, made.component);
    await forgetOld();
    return made.component;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function forgetOld() {
  const files = (await readdir(KEPT)).filter((it) => /^[0-9a-f]+\.wasm$/.test(it)).map((it) => join(KEPT, it));
  const dated = await Promise.all(files.map(async (file) => ({ file, at: (await stat(file)).mtimeMs })));
  dated.sort((one, other) => other.at - one.at);
  await Promise.all(dated.slice(COMPONENTS_KEPT).map(({ file }) => rm(file, { force: true })));
}

try {
  await writeFile(out, await component(await bundle(await entry())));
} catch (wrong) {
  const atStart = /initialize component/.test(wrong.message) ? 'what runs when the modules are loaded failed; ' : '';
  console.error(wrong instanceof Wrong ? wrong.message : `${atStart}${wrong.message}`);
  process.exitCode = 1;
}
