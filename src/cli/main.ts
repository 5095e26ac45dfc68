#!/usr/bin/env node
// No import stands here: the rest uses what older versions lack, and would end in their words before it could say so.
if (isTooOld(process.versions.node)) {
  process.stderr.write(
    `durascope needs Node.js 22.15 or newer (this is v${process.versions.node}).\n`,
  );
  process.exitCode = 1;
} else {
  const { runCommandLine } = await import("./command-line.ts");
  process.exitCode = await runCommandLine(process.argv.slice(2), {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    now: Date.now,
  });
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < 22 || (major === 22 && minor < 15);
}
