import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DASHBOARDS_FOLDER } from "../../test/support/dashboard-files.ts";
import { generatedFiles } from "./generated-files.ts";

const files = generatedFiles();

test.each([...files])(
  "%s is what the source gives: else run `npm run dashboards`",
  (path, text) => {
    expect(readFileSync(`${DASHBOARDS_FOLDER}${path}`, "utf8")).toBe(text);
  },
);

test("no generated file is left over from an older source", () => {
  const committed = ["", "alerts/"].flatMap((folder) =>
    readdirSync(`${DASHBOARDS_FOLDER}${folder}`)
      .filter((name) => /\.(?:json|yaml)$/.test(name))
      .map((name) => `${folder}${name}`),
  );
  expect(new Set(committed)).toEqual(new Set(files.keys()));
});
