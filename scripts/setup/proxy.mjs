const here = ["127.0.0.1", "localhost"];

/**
 * The variables that keep a proxy of the environment out of what goes on inside this machine: gRPC, Python and others would
 * ask it even for the local engines, which it cannot reach.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Readonly<Record<string, string>>}
 */
export function withoutProxyHere(env) {
  const named = (env["no_proxy"] || env["NO_PROXY"] || "").split(",").map((host) => host.trim());
  const hosts = [...new Set([...named, ...here])].filter((host) => host !== "").join(",");
  // Programs disagree about the spelling.
  return { NO_PROXY: hosts, no_proxy: hosts };
}
