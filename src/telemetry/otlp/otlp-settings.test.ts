import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { describe, expect, test, vi } from "vitest";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { type OtlpHttpSettings, otlpHttpSettings } from "./otlp-settings.ts";

const folder = temporaryFolder();

function settings(
  environment: Record<string, string>,
  options: Parameters<typeof otlpHttpSettings>[0] = {},
  warn: (message: string) => void = () => undefined,
): OtlpHttpSettings {
  return otlpHttpSettings(options, environment, "TRACES", warn);
}

const urlOf = (environment: Record<string, string>, url?: string): string =>
  settings(environment, url === undefined ? {} : { url }).url.href;

describe("otlpHttpSettings", () => {
  test("without a word it is JSON to the local collector, uncompressed, for ten seconds", () => {
    expect(settings({})).toMatchObject({
      headers: {},
      timeoutMillis: 10_000,
      compression: "none",
      protocol: "http/json",
      certificates: {},
    });
    expect(urlOf({})).toBe("http://localhost:4318/v1/traces");
  });

  test.each([
    ["http://collector:4318", "http://collector:4318/v1/traces"],
    ["http://collector:4318/", "http://collector:4318/v1/traces"],
    ["https://gate/otlp", "https://gate/otlp/v1/traces"],
    ["https://gate/otlp/?tenant=a", "https://gate/otlp/v1/traces?tenant=a"],
    [" http://collector:4318 ", "http://collector:4318/v1/traces"],
  ])("the shared endpoint %s gets the signal's path", (endpoint, url) => {
    expect(urlOf({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })).toBe(url);
  });

  test("the signal's own endpoint is taken as it is, and the option before it", () => {
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://shared:4318",
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://own:4318",
    };
    expect(urlOf(environment)).toBe("http://own:4318/");
    expect(urlOf(environment, "http://option:1/x")).toBe("http://option:1/x");
  });

  test("an empty variable is none", () => {
    expect(
      urlOf({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: " ", OTEL_EXPORTER_OTLP_ENDPOINT: "" }),
    ).toBe("http://localhost:4318/v1/traces");
  });

  test("headers are merged: the option's before the signal's before the shared ones", () => {
    const { headers } = settings(
      {
        OTEL_EXPORTER_OTLP_HEADERS: "api-key=shared,tenant=a%20b,kept=1",
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: "API-Key=own,tenant=c",
      },
      { headers: { Tenant: "option" } },
    );
    expect(headers).toEqual({ "api-key": "own", kept: "1", tenant: "option" });
  });

  test("the signal's timeout, compression and protocol come before the shared ones", () => {
    const environment = {
      OTEL_EXPORTER_OTLP_TIMEOUT: "1",
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: "2500",
      OTEL_EXPORTER_OTLP_COMPRESSION: "none",
      OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: "gzip",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/protobuf",
    };
    expect(settings(environment)).toMatchObject({
      timeoutMillis: 2500,
      compression: "gzip",
      protocol: "http/protobuf",
      isProtocolFixed: false,
    });
    expect(
      settings(environment, { timeoutMillis: 7, compression: "none", protocol: "http/json" }),
    ).toMatchObject({
      timeoutMillis: 7,
      compression: "none",
      protocol: "http/json",
      isProtocolFixed: true,
    });
  });

  test("variables of other signals do not count", () => {
    expect(urlOf({ OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "http://logs:1" })).toContain("localhost");
    expect(otlpHttpSettings({}, {}, "LOGS", () => undefined).url.pathname).toBe("/v1/logs");
  });

  test.each(["-1", "0", "soon", "Infinity"])("a timeout of %s is told of and not used", (text) => {
    const warn = vi.fn<(message: string) => void>();
    expect(settings({ OTEL_EXPORTER_OTLP_TIMEOUT: text }, {}, warn).timeoutMillis).toBe(10_000);
    expect(warn.mock.calls[0]?.[0]).toMatch(/timeout.*above 0/);
  });

  test("a timeout that no timer has does not end at once", () => {
    expect(settings({}, { timeoutMillis: 5e9 }).timeoutMillis).toBe(2 ** 31 - 1);
  });

  test("an unknown compression is told of and not used", () => {
    const warn = vi.fn<(message: string) => void>();
    expect(settings({ OTEL_EXPORTER_OTLP_COMPRESSION: "zstd" }, {}, warn).compression).toBe("none");
    expect(warn).toHaveBeenCalledOnce();
  });

  test("gRPC is refused with what to set instead", () => {
    expect(() => settings({ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" })).toThrow(
      expect.objectContaining({
        code: "OTLP_PROTOCOL",
        message: expect.stringMatching(/"grpc".*OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http\/protobuf/),
      }),
    );
  });

  test.each(["collector:4318", "grpc://collector:4317", "unix:///socket", "http://"])(
    "the address %s is refused",
    (endpoint) => {
      expect(() => settings({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })).toThrow(
        expect.objectContaining({ code: "OTLP_ENDPOINT" }),
      );
    },
  );

  test("a header that HTTP does not allow is refused without its value", () => {
    const attempt = (): unknown =>
      settings({}, { headers: { "api-key": "secret\r\nx-injected: 1" } });
    expect(attempt).toThrow(expect.objectContaining({ code: "OTLP_HEADER" }));
    expect(attempt).not.toThrow(/secret/);
  });

  test("headers of one name are one, whatever their case: the option's counts", () => {
    const environment = {
      OTEL_EXPORTER_OTLP_HEADERS: "API-Key=shared",
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: "api-key=own",
    };
    expect(settings(environment).headers).toEqual({ "api-key": "own" });
    const options = { headers: { "API-Key": "option" } };
    expect(settings(environment, options).headers).toEqual({ "api-key": "option" });
  });

  test.each(["api-key=100%secret", "secret"])(
    "a list of headers that cannot be read is told of, without what is in it",
    (text) => {
      const warn = vi.fn<(message: string) => void>();
      expect(settings({ OTEL_EXPORTER_OTLP_HEADERS: text }, {}, warn).headers).toEqual({});
      expect(warn.mock.calls).toEqual([[expect.stringMatching(/OTLP_HEADERS is no list.*%25/)]]);
      expect(warn.mock.calls.join()).not.toContain("secret");
    },
  );

  describe("certificates", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const [certificate = ""] = rootCertificates;

    test("are read from the files of the variables", () => {
      const [caFile, keyFile] = [folder.path("ca.pem"), folder.path("key.pem")];
      writeFileSync(caFile, certificate);
      writeFileSync(keyFile, key);
      const { certificates } = settings({
        OTEL_EXPORTER_OTLP_CERTIFICATE: caFile,
        OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY: keyFile,
      });
      expect(certificates).toEqual({ ca: Buffer.from(certificate), key: Buffer.from(key) });
    });

    test("that are not there, or no PEM, are refused at once", () => {
      const file = folder.path("der");
      writeFileSync(file, "no PEM");
      for (const path of [file, folder.path("no.pem")])
        expect(() => settings({ OTEL_EXPORTER_OTLP_CERTIFICATE: path })).toThrow(
          expect.objectContaining({ code: "OTLP_CERTIFICATE" }),
        );
    });

    test("with a key that is not theirs are refused at once", () => {
      const [certFile, keyFile] = [folder.path("cert.pem"), folder.path("key.pem")];
      writeFileSync(certFile, certificate);
      writeFileSync(keyFile, key);
      const attempt = (): unknown =>
        settings({
          OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: certFile,
          OTEL_EXPORTER_OTLP_CLIENT_KEY: keyFile,
        });
      expect(attempt).toThrow(/do not belong together/);
    });
  });
});
