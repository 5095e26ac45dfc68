import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { lastLines, run } from "../command.mjs";
import { SetupFailure } from "../failure.mjs";
import { inTemporaryFolder } from "../temporary-folder.mjs";

const wanted = "prometheus=2.42.*";

/**
 * Prometheus 2.42 with promtool, unpacked from Debian 12's package into a folder: nothing is installed on the
 * system, and no root is needed.
 *
 * @type {import("./installation.mjs").Backend}
 */
export const prometheus = {
  name: "prometheus",
  title: "Prometheus 2.42 and promtool (Debian)",
  version: "2.42.0",
  recipe: { wanted },
  programs: { prometheus: "usr/bin/prometheus", promtool: "usr/bin/promtool" },
  async make(folder) {
    const archive = (await download(folder, [])) ?? (await downloadWithFreshLists(folder));
    const unpacked = await run("dpkg", ["-x", archive, folder]);
    if (unpacked.code !== 0) {
      throw new SetupFailure("dpkg could not unpack Prometheus.", lastLines(unpacked.output));
    }
    rmSync(archive);
  },
};

/**
 * Downloads the package with the system's own lists; undefined when they are missing or out of date.
 *
 * @param {string} folder
 * @param {readonly string[]} options
 * @returns {Promise<string | undefined>} path of the archive
 */
async function download(folder, options) {
  const result = await run("apt-get", [...options, "-q", "download", wanted], { cwd: folder });
  if (!result.started) {
    throw new SetupFailure(
      "apt-get is missing: Prometheus 2.42 is taken from Debian 12's package; elsewhere the tests that need it are skipped.",
    );
  }
  const name = readdirSync(folder).find((file) => file.endsWith(".deb"));
  return result.code === 0 && name !== undefined ? join(folder, name) : undefined;
}

/**
 * Downloads the package with lists that are fetched into a folder of our own.
 *
 * @param {string} folder
 */
function downloadWithFreshLists(folder) {
  return inTemporaryFolder(folder, async (temporary) => {
    for (const name of ["lists/partial", "archives/partial"]) {
      mkdirSync(join(temporary, name), { recursive: true });
    }
    const options = [
      ["Dir::State::Lists", join(temporary, "lists")],
      ["Dir::Cache", temporary],
      ["APT::Sandbox::User", ""],
    ].flatMap(([name, value]) => ["-o", `${name}=${value}`]);
    const update = await run("apt-get", [...options, "-q", "update"]);
    const archive = update.code === 0 ? await download(folder, options) : undefined;
    if (archive !== undefined) return archive;
    throw new SetupFailure(
      "apt-get has no Prometheus 2.42 (Debian 12 has): the tests that need it are skipped; apt's last lines are below.",
      lastLines(update.output),
    );
  });
}
