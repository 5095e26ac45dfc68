import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inTemporaryFolder } from "../temporary-folder.mjs";
import { buildGoPrograms, executable, runTool } from "./go.mjs";

const manifestFile = fileURLToPath(new URL("collector-manifest.yaml", import.meta.url));

/** @type {import("./go.mjs").GoRecipe} */
const builder = {
  module: "go.opentelemetry.io/collector/cmd/builder",
  version: "v0.159.0",
  sum: "h1:5pq4bsa/Y26aQqpZKLQxdwrIDDSCrybk+BjVkKmNqow=",
  packages: { builder: "go.opentelemetry.io/collector/cmd/builder" },
};

/**
 * The OpenTelemetry Collector with the components of our configurations, made by OpenTelemetry's builder.
 *
 * @returns {import("./installation.mjs").Backend}
 */
export function collector() {
  const manifest = readFileSync(manifestFile, "utf8");
  const program = executable("otelcol");
  return {
    name: "collector",
    title: "OpenTelemetry Collector 0.159.0 (Go)",
    version: "0.159.0",
    recipe: { builder, manifest },
    programs: { otelcol: program },
    make: (folder) =>
      inTemporaryFolder(folder, async (temporary) => {
        await buildGoPrograms(builder, temporary);
        // The manifest says where the sources go: beside the builder.
        await runTool(
          join(temporary, executable("builder")),
          ["--config", manifestFile],
          temporary,
        );
        cpSync(join(temporary, "sources", program), join(folder, program));
      }),
  };
}
