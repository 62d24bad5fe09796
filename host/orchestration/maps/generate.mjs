// Writes hl7.tsv from the concept maps of HL7's Version 2 to FHIR guide (https://github.com/HL7/v2-to-fhir, Apache-2.0).
//
// The one command, with a checkout's `mappings` folder:
//
//     node host/orchestration/maps/generate.mjs FOLDER
//
// Each row of a map that has a code on both sides becomes a line: map, code of the table, code of FHIR, display, system.
// What HL7 leaves without a target is left out here too; what the NHS and senders use beside it is in palatine.tsv.
//
// Invariant: run twice over the same folder, it changes nothing.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MAPS = [
  "AdministrativeSex",
  "AllergenType[AllergyIntoleranceCategory]",
  "AllergySeverity[AllergyIntolerance.criticality]",
  "AllergySeverity[AllergyIntolerance.reaction.severity]",
  "AllergyType",
  "CompletionStatus",
  "ContactRole",
  "ExtendedPriorityCodes",
  "FillerStatusCodes[Appointment]",
  "OrderControlCode[ServiceRequest.status]",
  "OrderStatus",
  "PatientClass[EncounterClass]",
  "Relationship",
  "RouteOfAdministration",
];

function rows(text) {
  const found = [[""]];
  let quoted = false;
  for (const c of text.replace(/^\uFEFF/, "").replace(/\r/g, "")) {
    const row = found.at(-1);
    if (c === '"') quoted = !quoted;
    else if (c === "," && !quoted) row.push("");
    else if (c === "\n" && !quoted) found.push([""]);
    else row[row.length - 1] += c;
  }
  return found;
}

const folder = process.argv[2];
if (!folder) throw new Error("name the guide's folder of mappings");
let lines = "map\tfrom\tto\tdisplay\tsystem\n";
for (const map of MAPS) {
  const file = join(folder, "codesystems", `HL7 Concept Map_ ${map} - Sheet1.csv`);
  const table = rows(readFileSync(file, "utf8")).map((row) => row.map((cell) => cell.trim().replace(/\s+/g, " ")));
  // The columns of FHIR's side stand in another order in some maps.
  const heads = table.find((row) => row[0] === "Code");
  const to = heads.indexOf("Code", 1);
  const display = heads.indexOf("Display");
  const system = heads.indexOf("Code System", to);
  for (const row of table.slice(table.indexOf(heads) + 1)) {
    if (!row[0] || !row[to] || row[0].includes("<")) continue;
    lines += [map, row[0], row[to], row[display] || row[to + 1] || "", row[system]].join("\t") + "\n";
  }
}
writeFileSync(join(dirname(fileURLToPath(import.meta.url)), "hl7.tsv"), lines);
