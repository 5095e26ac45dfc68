import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";

test("bundled and minified the wrapper stays under 12 KB and pulls in no SDK", async () => {
  const result = await build({
    entryPoints: [fileURLToPath(new URL("index.ts", import.meta.url))],
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    write: false,
    metafile: true,
  });
  expect(result.outputFiles[0]?.contents.byteLength).toBeLessThan(12 * 1024);
  const inputs = Object.keys(result.metafile.inputs);
  expect(inputs.filter((input) => input.includes("node_modules"))).toEqual([]);
});
