import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { otlpReceiver, type OtlpReceiver } from "../../test/doubles/otlp-receiver.ts";
