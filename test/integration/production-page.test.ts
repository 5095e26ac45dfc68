/**
 * Claim: the connections of docs/production.md are right: a worker connects with an API key, and with a client certificate,
 * and is traced. A TLS server of Node.js stands before the real dev server, as Temporal Cloud's stands before its servers.
 */
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Connection } from "@temporalio/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TEMPORAL_SERVER } from "../../scripts/docs/compatibility-page.ts";
import { startTemporalServer, type TemporalServer } from "../../src/engines/index.ts";
import { docSnippet } from "../support/doc-snippet.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const missing = spawnSync("openssl", ["version"]).status !== 0;
const reason = missing ? " (skipped: there is no openssl to make certificates with)" : "";

const WORKFLOW = `
import { Client } from "@temporalio/client";
import { Connection } from "@temporalio/client";
const handle = async () => {
  const client = new Client({ connection: await Connection.connect({ address: PLAIN }) });
  return client.workflow.execute("hello", { taskQueue: "orders", workflowId: "page", args: ["reader"] });
};
`;

describe.skipIf(missing)(`docs/production.md's connections${reason}`, () => {
  let folder = "";
  let server: TemporalServer;
  let front: Server;
  let address = "";

  beforeAll(async () => {
    mkdirSync(join(ROOT, ".durascope"), { recursive: true });
    folder = mkdtempSync(join(ROOT, ".durascope", "production-"));
    const openssl = (...args: string[]): void => {
      execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
    };
    // A certificate that signs may be no server's, so one signs the two others.
    const fresh = (name: string): string[] => [
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-keyout",
      `${name}.key`,
    ];
    openssl("req", "-x509", ...fresh("ca"), "-out", "ca.pem", "-days", "1", "-subj", "/CN=ca");
    writeFileSync(join(folder, "names"), "subjectAltName=DNS:localhost\n");
    for (const name of ["server", "client"]) {
      openssl("req", ...fresh(name), "-out", `${name}.csr`, "-subj", "/CN=localhost");
      const signer = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "1"];
      const files = ["-in", `${name}.csr`, "-out", `${name}.pem`, "-extfile", "names"];
      openssl("x509", "-req", ...files, ...signer);
    }
    server = await startTemporalServer();
    const [host = "", port = ""] = server.address.split(":");
    const read = (name: string): Buffer => readFileSync(join(folder, name));
    front = createServer(
      {
        key: read("server.key"),
        cert: read("server.pem"),
        ca: read("ca.pem"),
        requestCert: true,
        rejectUnauthorized: true,
        ALPNProtocols: ["h2"],
      },
      (socket) => {
        const upstream = connect(Number(port), host);
        socket.pipe(upstream).pipe(socket);
        for (const end of [socket, upstream]) end.on("error", () => undefined);
      },
    );
    front.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    address = `localhost:${(front.address() as AddressInfo).port}`;
    writeFileSync(
      join(folder, "workflows.ts"),
      `export async function hello(name: string) { return "hello " + name; }\n`,
    );
  });

  afterAll(async () => {
    front?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function play(name: string, lines: readonly string[]): Promise<string> {
    const path = join(folder, `${name}.ts`);
    const before = [
      `const PLAIN = ${JSON.stringify(server.address)};`,
      `const workflowsPath = ${JSON.stringify(join(folder, "workflows.ts"))};`,
      "const activities = {};",
    ];
    const after = ["console.log(await worker.runUntil(handle()));", "process.exit(0);"];
    writeFileSync(path, [...before, WORKFLOW, ...lines, ...after].join("\n"));
    const { stdout } = await run(process.execPath, [path], {
      cwd: folder,
      env: {
        ...process.env,
        NODE_NO_WARNINGS: "1",
        TEMPORAL_API_KEY: "key",
        DURASCOPE_DISABLED: "",
      },
      timeout: 60_000,
    });
    return stdout;
  }

  it("an API key goes along, and the worker works", async () => {
    const code = docSnippet("production.md", "production-api-key")
      .replace(/address: ".*"/, `address: ${JSON.stringify(server.address)}`)
      .replace("tls: true", "tls: false")
      .replace(/namespace: ".*"/, 'namespace: "default"');
    expect(await play("api-key", [code])).toContain("hello reader");
  });

  it("a client certificate opens a server that asks for one", async () => {
    const code = docSnippet("production.md", "production-mtls")
      .replace(/address: ".*"/, `address: ${JSON.stringify(address)}`)
      // The certificate of Temporal Cloud is one that every system knows; this one is not.
      .replace("tls: {", 'tls: { serverRootCACertificate: await readFile("ca.pem"),');
    const worker =
      'import { Worker } from "@temporalio/worker";\nconst worker = await Worker.create({ connection, taskQueue: "orders", workflowsPath, activities });';
    expect(await play("mtls", [code, worker])).toContain("hello reader");
  });

  it("without the certificate the same server refuses", async () => {
    const code = `import { NativeConnection, Worker } from "@temporalio/worker";
import { readFile } from "node:fs/promises";
const connection = await NativeConnection.connect({ address: ${JSON.stringify(address)}, tls: { serverRootCACertificate: await readFile("ca.pem") } });
const worker = await Worker.create({ connection, taskQueue: "orders", workflowsPath, activities });`;
    await expect(play("no-certificate", [code])).rejects.toThrow(
      /certificate|Connection|transport/i,
    );
  });
});

it("docs/compatibility.md names the version of the dev server", async ({ skip }) => {
  skip(
    Boolean(process.env["TEMPORAL_ADDRESS"]),
    "TEMPORAL_ADDRESS names a server that may have any version",
  );
  const server = await startTemporalServer();
  const connection = await Connection.connect({ address: server.address });
  const { serverVersion } = await connection.workflowService.getSystemInfo({});
  await connection.close();
  await server.stop();
  expect(Object.values(TEMPORAL_SERVER)).toContain(serverVersion);
});
