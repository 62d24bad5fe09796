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

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { byName, here, valueSetTable, withDefinitions, write } from "./package.mjs";

// Parameters of the base resource are asked of every type. Each owns a block of this many numbers, one per type.
const BLOCK = 256;
const FIRST_OF_NAMED = 4096;

// What the package adds to R4: a later type, and elements that one server keeps in Meta.
const NOT_R4 = new Set(["SubscriptionStatus"]);
const META_OF_R4 = new Set(["id", "extension", "versionId", "lastUpdated", "source", "profile", "security", "tag"]);

function earlierLines(file) {
  const path = join(here, file);
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8").split("\n").filter((line) => line !== "").map((line) => line.split("\t"));
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

// Parts of composites that the published definitions get wrong: two are exchanged, one names a type that there is not.
function partExpression(type, parameter, part) {
  const exchanged = { relatesto: "target", relation: "code" };
  if (type === "DocumentReference" && parameter === "relationship") return exchanged[part.name];
  return part.expression.replace("as(DateTime)", "as(dateTime)");
}

// number, type (or *), name, kind, expression, targets, components as name=expression
function searchParameters(parameters, types) {
  const known = new Map(earlierLines("search_parameters.tsv").map((line) => [`${line[1]} ${line[2]}`, line]));
  const nameOf = new Map(parameters.map((p) => [p.url, p.code]));
  const fresh = new Map();
  for (const p of parameters) {
    for (const base of p.base) {
      const type = BASES.has(base) ? "*" : base;
      const parts = (p.component ?? []).map((c) => ({ name: nameOf.get(c.definition), expression: c.expression }));
      const components = parts.map((part) => `${part.name}=${partExpression(base, p.code, part)}`).join(";");
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

const PRIMITIVE_SUFFIX = "http://hl7.org/fhirpath/System.";

function typeCode(type, known) {
  const code = type.code.startsWith(PRIMITIVE_SUFFIX)
    ? (type.extension?.find((e) => e.url.endsWith("structuredefinition-fhir-type"))?.valueUrl ?? "string")
    : type.code;
  if (code !== "Reference") return code;
  const names = (type.targetProfile ?? []).map((url) => url.split("/").pop());
  if (names.length === 0 || names.includes("Resource")) return "Reference";
  return `Reference(${names.filter((name) => known.has(name)).sort(byName).join(" ")})`;
}

// What every structure has by way of its parent is not repeated; the reader adds it.
const INHERITED = /^(Element|BackboneElement|Resource|DomainResource)\./;
const PARENTS = new Set(["Element", "BackboneElement", "Resource", "DomainResource"]);

// A structure is a line `name, kind of parent`; its elements follow as lines that begin with a tab:
// name ([x] kept), min..max, types (contentReference as the path that it names), value set that codes must be in
function structureTable(structures, types) {
  const lines = [], bound = new Set(), wanted = new Set(types);
  for (const s of [...structures].sort((a, b) => byName(a.name, b.name))) {
    const isType = s.kind === "complex-type" && s.derivation !== "constraint";
    if (!(isType || wanted.has(s.name) || s.name === "Resource" || s.name === "DomainResource")) continue;
    const groups = new Map();
    for (const e of s.snapshot.element) {
      const at = e.path.lastIndexOf(".");
      const codes = [...new Set((e.type ?? []).map((type) => typeCode(type, wanted)))];
      const isGroup = codes.length === 1 && (codes[0] === "BackboneElement" || codes[0] === "Element");
      if (at < 0 || isGroup) groups.set(e.path, { parent: codes[0] ?? s.baseDefinition?.split("/").pop(), rows: [] });
      if (at < 0) continue;
      if (INHERITED.test(e.base.path) && !PARENTS.has(s.name)) continue;
      if (PARENTS.has(s.name) && s.name !== e.base.path.split(".")[0]) continue;
      if (e.base.path.startsWith("Quantity.") && s.name !== "Quantity") continue;
      if (s.name === "Meta" && !META_OF_R4.has(e.path.slice(at + 1))) continue;
      if (e.path === "Resource.id") codes[0] = "id";
      const binding = e.binding?.strength === "required" ? e.binding.valueSet?.split("|")[0] : undefined;
      if (binding) bound.add(binding);
      const kinds = e.contentReference ? [e.contentReference.slice(1)] : isGroup ? [e.path] : codes;
      groups.get(e.path.slice(0, at)).rows.push([e.path.slice(at + 1), `${e.min}..${e.max}`, kinds.join(","), binding ?? ""]);
    }
    for (const [path, { parent, rows }] of groups) {
      lines.push(`${path}\t${parent ?? "-"}`);
      for (const [name, cardinality, kinds, binding] of rows) {
        lines.push(`\t${name}\t${cardinality}\t${kinds}\t${binding.replace("http://hl7.org/fhir/ValueSet/", "")}`);
      }
    }
  }
  write("structures.tsv", lines);
  return bound;
}

// type, name of the search parameter that puts it into a patient's compartment
function compartmentTable(definition, types) {
  const known = new Set(types);
  const lines = [];
  for (const { code, param } of definition.resource) {
    if (known.has(code)) for (const name of param ?? []) lines.push(`${code}\t${name}`);
  }
  write("patient_compartment.tsv", lines);
}

withDefinitions(process.argv[2], (definitions) => {
  const read = (name) => JSON.parse(readFileSync(join(definitions, "dist/fhir/r4", name), "utf8"));
  const resources = (name) => read(name).entry.map((entry) => entry.resource);
  const structures = [...resources("profiles-types.json"), ...resources("profiles-resources.json")]
    .filter((r) => r.resourceType === "StructureDefinition");
  const types = resourceTypes(structures);
  searchParameters(resources("search-parameters.json"), types);
  const bound = structureTable(structures, types);
  valueSetTable("value_sets.tsv", bound, [...resources("valuesets.json"), ...resources("v3-codesystems.json"), ...resources("v2-tables.json")]);
  compartmentTable(read("compartmentdefinition-patient.json"), types);
});
