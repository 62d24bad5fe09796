// For tests of this checkout: `palatine` and what is below it are the kit of this folder, wherever they are imported.
//
// Used as `node --import ../../javascript/test/here.mjs --test test/*.test.js` in the folder of a template.

import { register } from 'node:module';

const kit = new URL('../', import.meta.url).href;
const resolve = `export function resolve(name, context, next) {
  const [, part] = /^palatine(?:\\/([a-z]+))?$/.exec(name) ?? [];
  return part === undefined && name !== 'palatine' ? next(name, context) : next(${JSON.stringify(kit)} + (part ?? 'index') + '.js', context);
}`;
register(`data:text/javascript,${encodeURIComponent(resolve)}`);
