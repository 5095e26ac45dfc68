/** Writes everything that is generated into `dashboards/`: `npm run dashboards`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generatedFiles } from "./generated-files.ts";

const folder = fileURLToPath(new URL("..", import.meta.url));
for (const [path, text] of generatedFiles()) {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
}
