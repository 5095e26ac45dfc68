import { expect, it } from "vitest";
import { withoutProxyHere } from "./proxy.mjs";

it("no proxy is asked for this machine, and for the hosts that the environment names", () => {
  expect(withoutProxyHere({})).toEqual({
    NO_PROXY: "127.0.0.1,localhost",
    no_proxy: "127.0.0.1,localhost",
  });
  expect(withoutProxyHere({ NO_PROXY: "localhost, .corp" })).toMatchObject({
    no_proxy: "localhost,.corp,127.0.0.1",
  });
});
