import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const TSC = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));

/** What the TypeScript compiler says of one program, checked as strictly as a careful user does; empty when it is right. */
export function typeErrors(path: string): Promise<string> {
  const flags =
    "--ignoreConfig --noEmit --strict --exactOptionalPropertyTypes --module nodenext --target es2024 --skipLibCheck " +
    "--allowImportingTsExtensions --types node";
  return new Promise((resolve) => {
    execFile(process.execPath, [TSC, ...flags.split(" "), path], (_error, stdout) =>
      resolve(stdout),
    );
  });
}
