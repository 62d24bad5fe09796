// Writes the compact tables of what goes beyond the structure of R4: invariants, profiles, extensions.
//
// The one command, from anywhere (needs node 20 or newer and npm):
//
//     node host/fhir/definitions/profiles.mjs FOLDER
//
// FOLDER holds the UK Core definitions as XML, in `structuredefinitions`, `valuesets` and `codesystems`. A folder that
// holds the pinned package of the R4 definitions may be given as a second argument.
//
// Invariant: a profile's lines are everything that it and the profiles it derives from say beyond the base type, by
// element; what says nothing (documentation, mustSupport, preferred bindings) has no line.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { VALUE_SETS, byName, valueSetTable, withDefinitions, write } from "./package.mjs";

const R4 = "http://hl7.org/fhir/StructureDefinition/";
const NOT_R4 = new Set(["SubscriptionStatus"]);
const PARENTS = new Set(["Element", "BackboneElement", "Resource", "DomainResource"]);
const QUANTITY = "qty-3";
const BEST_PRACTICE = "http://hl7.org/fhir/StructureDefinition/elementdefinition-bestpractice";

// Profiles that cannot be checked as published, and why. Whoever declares one is told that it is not known.
const LEFT_OUT = new Map([
  [`${R4}catalog`, "it slices elements without saying how the slices are told"],
  [`${R4}familymemberhistory-genetic`, "it slices elements without saying how the slices are told"],
  [`${R4}picoelement`, "it constrains an element that the package's EvidenceVariable does not have"],
]);

// XML as plain objects: an attribute `value` is the value itself; of what may repeat, always a list.
const REPEATED = new Set([
  "differential>element", "element>type", "type>profile", "type>targetProfile", "slicing>discriminator",
  "element>constraint", "StructureDefinition>context", "compose>include", "compose>exclude", "include>concept",
  "include>filter", "include>valueSet", "CodeSystem>concept", "concept>concept", "constraint>extension",
]);
const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function unescaped(text) {
  return text.replace(/&(#x?)?(\w+);/g, (_, sign, name) =>
    sign ? String.fromCodePoint(parseInt(name, sign === "#x" ? 16 : 10)) : ENTITIES[name]);
}

function fromXml(text) {
  const root = { name: "", value: {} };
  const open = [root];
  const tags = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([\w:]+)((?:\s+[\w:]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/g;
  for (const [, closes, name, attributes, empty] of text.matchAll(tags)) {
    if (name === undefined) continue;
    if (closes) { open.pop(); continue; }
    const parent = open[open.length - 1];
    const own = Object.fromEntries([...attributes.matchAll(/([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)]
      .map(([, key, a, b]) => [key, unescaped(a ?? b)]));
    const value = own.value ?? { ...(own.id ? { id: own.id } : {}), ...(own.url ? { url: own.url } : {}) };
    if (REPEATED.has(`${parent.name}>${name}`)) (parent.value[name] ??= []).push(value);
    else if (!(name in parent.value)) parent.value[name] = value;
    if (!empty) open.push({ name, value: typeof value === "string" ? {} : value });
  }
  const [[resourceType, value]] = Object.entries(root.value);
  return { resourceType, ...value };
}

function xmlFolder(folder) {
  return readdirSync(folder).sort().map((file) => fromXml(readFileSync(join(folder, file), "utf8")));
}

const oneLine = (text) => (text ?? "").replace(/\s+/g, " ").trim();

function severityOf(constraint) {
  const best = (constraint.extension ?? []).some((e) => e.url === BEST_PRACTICE && String(e.valueBoolean) === "true");
  return best ? "best-practice" : constraint.severity;
}

// structure, element (empty for the structure itself), key, severity, expression, what it says
function constraintTable(structures, byUrl) {
  const lines = [];
  for (const s of structures) {
    if (NOT_R4.has(s.name) || s.derivation === "constraint" || s.name === "MetadataResource") continue;
    const groups = new Set([s.name]);
    for (const e of s.snapshot.element) {
      const codes = (e.type ?? []).map((t) => t.code);
      if (codes.length === 1 && (codes[0] === "BackboneElement" || codes[0] === "Element")) groups.add(e.path);
    }
    for (const e of s.snapshot.element) {
      const origin = e.base?.path ?? e.path;
      if (PARENTS.has(origin.split(".")[0]) && !PARENTS.has(s.name)) continue;
      const at = e.path.lastIndexOf(".");
      const isGroup = groups.has(e.path);
      const typed = (e.type ?? []).flatMap((t) => t.profile ?? []).map((url) => byUrl.get(url))
        .filter((profile) => profile && profile.kind === "complex-type" && profile.type !== "Extension")
        .flatMap((profile) => profile.snapshot.element[0].constraint ?? [])
        .filter((c) => c.key !== QUANTITY && c.key !== "ele-1");
      for (const c of [...(e.constraint ?? []), ...typed]) {
        // What every element and every resource inherits is stated once, at the type that states it.
        if ((c.key === "ele-1" || c.key === "ext-1") && e.path !== "Element" && e.path !== "Extension") continue;
        if (c.key === "ele-1" && e.path === "Extension") continue;
        if (c.key === QUANTITY && e.path !== "Quantity") continue;
        if (c.key.startsWith("dom-") && e.path !== "DomainResource") continue;
        const owner = isGroup ? e.path : e.path.slice(0, at);
        const element = isGroup ? "" : e.path.slice(at + 1).replace("[x]", "");
        lines.push([owner, element, c.key, severityOf(c), oneLine(c.expression), oneLine(c.human)].join("\t"));
      }
    }
  }
  write("constraints.tsv", [...new Set(lines)].sort(byName));
}

// `identifier:nhsNumber.system` below the type; a choice that is named by its type becomes a slice of the choice.
function idOf(e, type, choices) {
  const own = e.id ?? e.path;
  if (!own.includes(".")) return "";
  if (own.split(".")[0].split(":")[0] !== type) throw new Error(`${own} is not within ${type}`);
  let path = type;
  return own.slice(own.indexOf(".") + 1).split(".").map((step) => {
    const name = step.split(":")[0];
    const choice = choices.find((it) => {
      const bare = it.slice(path.length + 1);
      return it.startsWith(`${path}.`) && !bare.includes(".") && name.startsWith(bare) && /[A-Z]/.test(name[bare.length] ?? "");
    });
    path = `${path}.${name}`;
    return choice && !step.includes("[x]") ? `${choice.slice(path.lastIndexOf(".") + 1)}[x]:${step}` : step;
  }).join(".");
}

const FIXED = /^(fixed|pattern)([A-Z]\w*)$/;
const BOUND = /^(minValue|maxValue)([A-Z]\w*)$/;
const NUMBER = /^(Decimal|Integer|UnsignedInt|PositiveInt)$/;

function jsonOf(kind, value) {
  if (typeof value !== "string") return JSON.stringify(value);
  if (kind === "Boolean" || NUMBER.test(kind)) return value;
  return JSON.stringify(value);
}

// Everything that a definition says about its elements, its parents' words first.
function merged(definition, byUrl) {
  const chain = [];
  for (let at = definition; at?.derivation === "constraint"; at = byUrl.get(at.baseDefinition)) chain.unshift(at);
  const base = byUrl.get(R4 + definition.type);
  if (!base) throw new Error(`${definition.url} constrains an unknown ${definition.type}`);
  const choices = base.snapshot.element.filter((e) => e.path.endsWith("[x]")).map((e) => e.path.slice(0, -3));
  const elements = new Map();
  const element = (id) => {
    if (!elements.has(id)) elements.set(id, { constraints: new Map() });
    return elements.get(id);
  };
  for (const part of chain) {
    for (const e of part.differential?.element ?? []) {
      const id = idOf(e, definition.type, choices);
      const it = element(id);
      for (const [name, value] of Object.entries(e)) {
        const fixed = FIXED.exec(name), bound = BOUND.exec(name);
        if (fixed) it.fixed = (fixed[1] === "fixed" ? "=" : "~") + jsonOf(fixed[2], value);
        if (bound) it[bound[1]] = jsonOf(bound[2], value);
      }
      // The root of a resource occurs once; that of an extension says how often it may stand at one element.
      const counted = id === "" ? (definition.type === "Extension" ? ["max"] : []) : ["min", "max"];
      for (const name of counted) if (e[name] !== undefined) it[name] = String(e[name]);
      if (e.type) it.type = e.type;
      if (e.maxLength !== undefined) it.maxLength = e.maxLength;
      if (e.binding?.valueSet) it.binding = { strength: e.binding.strength, valueSet: e.binding.valueSet.split("|")[0] };
      if (e.slicing) it.slicing = e.slicing;
      for (const c of e.constraint ?? []) {
        if (c.key === "ele-1" || c.key === "ext-1" || c.key.startsWith("dom-")) continue;
        it.constraints.set(c.key, c);
      }
    }
  }
  implied(elements, element);
  return { elements, base };
}

// Slicing that the definitions leave out because the element's kind implies it.
function implied(elements, element) {
  for (const id of [...elements.keys()]) {
    const steps = id.split(".");
    steps.forEach((step, at) => {
      const [name, slice] = step.split(":");
      if (slice === undefined) return;
      const owner = element([...steps.slice(0, at), name].join("."));
      if (name === "extension" || name === "modifierExtension") {
        owner.slicing ??= { discriminator: [{ type: "value", path: "url" }], rules: "open" };
      } else if (name.endsWith("[x]")) {
        owner.slicing ??= { discriminator: [{ type: "type", path: "$this" }], rules: "open" };
        const sliced = element([...steps.slice(0, at + 1)].join("."));
        sliced.type ??= [{ code: slice.slice(name.length - 3), named: true }];
      }
    });
  }
}

function typeText(type, byUrl, known) {
  let code = type.code;
  if (type.named && !known.has(code)) code = code[0].toLowerCase() + code.slice(1);
  if (code === undefined || code.startsWith("http://hl7.org/fhirpath/")) return undefined;
  const profiles = (type.profile ?? []).filter((url) => url !== R4 + code);
  const targets = (type.targetProfile ?? []).map((url) => byUrl.get(url)?.type ?? url.split("/").pop());
  const some = targets.filter((name) => name !== "Resource" && known.has(name));
  const open = targets.length === 0 || targets.includes("Resource") || some.length < targets.length;
  return code + profiles.map((url) => `@${url}`).join("") + (open ? "" : `>${[...new Set(some)].join("+")}`);
}

function slicingText(slicing) {
  if (!slicing) return "";
  const by = (slicing.discriminator ?? []).map((d) => `${d.type}:${d.path}`).join(",");
  const rules = slicing.rules ?? "open";
  return `${rules}${String(slicing.ordered) === "true" ? "+ordered" : ""} ${by}`.trim();
}

// A definition is a line `url, type, profile or extension, contexts`; its elements follow as lines that begin with a
// tab: element, min, max, types, slicing, binding, fixed (=) or pattern (~) as JSON, limits; the invariants of an
// element follow it as lines that begin with two tabs.
function profileTable(definitions, byUrl, known, listed) {
  const lines = [];
  for (const d of [...definitions].sort((a, b) => byName(a.url, b.url))) {
    const { elements, base } = merged(d, byUrl);
    const ofBase = new Map(base.snapshot.element.map((e) => [e.path.slice(d.type.length + 1), e]));
    const isExtension = d.type === "Extension";
    const contexts = (d.context ?? []).map((c) => `${c.type}:${c.expression}`).join(";");
    lines.push([d.url, d.type, isExtension ? "extension" : "profile", contexts].join("\t"));
    for (const [id, it] of elements) {
      const same = ofBase.get(id);
      const min = it.min === undefined || it.min === "0" || it.min === String(same?.min) ? "" : it.min;
      const max = it.max === undefined || it.max === "*" || it.max === same?.max ? "" : it.max;
      const types = [...new Set((it.type ?? []).map((t) => typeText(t, byUrl, known)))];
      const before = [...new Set((same?.type ?? []).map((t) => typeText(t, byUrl, known)))];
      const says = types.includes(undefined) || types.join() === before.join() || types.join() === "BackboneElement";
      const bound = it.binding && ["required", "extensible"].includes(it.binding.strength) && listed.has(it.binding.valueSet);
      const binding = bound ? `${it.binding.strength} ${it.binding.valueSet.replace(VALUE_SETS, "")}` : "";
      const limits = [
        it.maxLength === undefined ? "" : `length<=${it.maxLength}`,
        it.minValue === undefined ? "" : `value>=${it.minValue}`,
        it.maxValue === undefined ? "" : `value<=${it.maxValue}`,
      ].filter((limit) => limit !== "").join(";");
      const columns = [min, max, says ? "" : types.join(","), slicingText(it.slicing), binding, it.fixed ?? "", limits];
      if (columns.every((c) => c === "") && it.constraints.size === 0) continue;
      lines.push(["", id, ...columns].join("\t"));
      for (const c of it.constraints.values()) {
        lines.push(["", "", c.key, severityOf(c), oneLine(c.expression), oneLine(c.human)].join("\t"));
      }
    }
  }
  write("profiles.tsv", lines);
}

if (!process.argv[2]) throw new Error("name the folder that holds the UK Core definitions");
withDefinitions(process.argv[3], (folder) => {
  const read = (name) => JSON.parse(readFileSync(join(folder, "dist/fhir/r4", name), "utf8")).entry.map((e) => e.resource);
  const isDefinition = (r) => r.resourceType === "StructureDefinition";
  const uk = ["structuredefinitions", "valuesets", "codesystems"].flatMap((part) => xmlFolder(join(process.argv[2], part)));
  const structures = [...read("profiles-types.json"), ...read("profiles-resources.json")].filter(isDefinition);
  const more = [...read("profiles-others.json"), ...read("extension-definitions.json"), ...uk].filter(isDefinition)
    .filter((d) => d.derivation === "constraint" && !LEFT_OUT.has(d.url));
  const byUrl = new Map([...structures, ...more].map((d) => [d.url, d]));
  const known = new Set(structures.map((s) => s.name));
  const definitions = [...byUrl.values()].filter((d) => d.derivation === "constraint");
  constraintTable(structures, byUrl);
  const bound = new Set();
  for (const d of definitions) {
    for (const it of merged(d, byUrl).elements.values()) {
      if (["required", "extensible"].includes(it.binding?.strength)) bound.add(it.binding.valueSet);
    }
  }
  const terminology = [...read("valuesets.json"), ...read("v3-codesystems.json"), ...read("v2-tables.json"), ...uk];
  const listed = valueSetTable("profile_value_sets.tsv", bound, terminology);
  profileTable(definitions, byUrl, known, listed);
});
