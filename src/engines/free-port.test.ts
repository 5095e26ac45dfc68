import { createServer } from "node:net";
import { expect, it } from "vitest";
import { freePort, freePorts, isListenedOn } from "./free-port.ts";

it("finds different ports that can be listened on", async () => {
  const ports = await freePorts(4);
  expect(new Set(ports).size).toBe(4);
  for (const port of [...ports, await freePort()]) {
    expect(port).toBeGreaterThan(0);
  }
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(ports[0], "127.0.0.1", resolve);
  });
  expect(await isListenedOn(ports[0] ?? 0)).toBe(true);
  server.close();
  expect(await isListenedOn(ports[0] ?? 0)).toBe(false);
});
