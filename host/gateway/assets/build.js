// Lays out what the gateway serves in dist/: the design system's style sheet without its remote fonts and images.
// The content security policy allows neither; text is set in Arial, which the design system names as its fallback.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const source = readFileSync("node_modules/nhsuk-frontend/dist/nhsuk/nhsuk-frontend.min.css", "utf8");
const style = source
  .replace(/@font-face\s*{[^}]*}/g, "")
  .replace(/Frutiger W01\s*,/g, "")
  .replace(/\/\*# sourceMappingURL=.*\*\//g, "");
if (/url\(\s*["']?https?:/.test(style)) {
  throw new Error("the design system's style sheet still names a remote address: mend build.js");
}
mkdirSync("dist", { recursive: true });
writeFileSync("dist/nhsuk.css", style);
