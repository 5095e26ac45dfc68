/** What the wrapper adds to a Lambda function is small, and needs nothing that the function does not have. */
import { isBuiltin } from "node:module";
import { type BuildResult, build } from "esbuild";
import { expect, inject, it } from "vitest";

/** Bytes; a cold start pays for each of them. */
const LARGEST = 12 * 1024;

const HANDLER = "export const handler = wrap(async (event) => event);";
const BARE = `const wrap = (handler) => handler; ${HANDLER}`;
const TRACED = `import { withWorkflow as wrap } from "durascope/lambda"; ${HANDLER}`;

type Bundle = BuildResult<{ write: false; metafile: true }>;

function bundled(contents: string, format: "esm" | "cjs"): Promise<Bundle> {
  return build({
    stdin: { contents, resolveDir: inject("consumer") },
    bundle: true,
    minify: true,
    platform: "node",
    target: "node22",
    format,
    write: false,
    metafile: true,
  });
}

const bytes = ({ outputFiles }: Bundle): number => outputFiles[0]?.contents.byteLength ?? 0;

it.each(["esm", "cjs"] as const)(
  "durascope/lambda adds less than 12 KB to a function that is bundled and minified as %s",
  async (format) => {
    const [bare, traced] = await Promise.all([bundled(BARE, format), bundled(TRACED, format)]);
    const added = bytes(traced) - bytes(bare);
    expect(added).toBeGreaterThan(1024);
    expect(added).toBeLessThan(LARGEST);
    const imported = Object.values(traced.metafile.outputs).flatMap(({ imports }) => imports);
    expect(imported.filter(({ path }) => !isBuiltin(path))).toEqual([]);
  },
);
