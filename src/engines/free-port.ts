import { connect, createServer, type Server } from "node:net";
import { DurascopeError } from "../core/errors.ts";

/**
 * Finds TCP ports on 127.0.0.1 that nobody listens on.
 *
 * All are held open until the last is found, so they differ. Between this call and the server's own
 * bind another process may take one: whoever starts a server here tries again with other ports.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const ports = servers.map(portOf);
  await Promise.all(servers.map(close));
  return ports;
}

/** Finds one TCP port on 127.0.0.1 that nobody listens on, see {@link freePorts}. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw noPort();
  return port;
}

/** Whether somebody takes connections at a port of 127.0.0.1. */
export function isListenedOn(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: 0, exclusive: true }, () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw noPort();
  return address.port;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function noPort(): DurascopeError {
  return new DurascopeError("ENGINE_NO_PORT", "The system gave no free port on 127.0.0.1.");
}
