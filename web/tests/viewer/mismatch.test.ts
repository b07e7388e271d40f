import { describe, expect, it } from "vitest";
import { mismatch } from "@/sim/link";

const POLICY = "ws://robots.example:8401/api/models/mdl_a/inference";

describe("an unencrypted policy beneath an encrypted page", () => {
  it("is told, with its address and what to set", () => {
    const told = mismatch(POLICY, "https:");
    expect(told).toContain("ws://robots.example:8401");
    expect(told).toContain("TABRL_INFERENCE_URL");
  });

  it.each([
    [POLICY, "http:"],
    [POLICY, undefined],
    [POLICY.replace("ws:", "wss:"), "https:"],
    ["ws://127.0.0.1:8401/x", "https:"],
    ["ws://localhost:8401/x", "https:"],
    ["ws://[::1]:8401/x", "https:"],
  ])("does no harm at %s from %s", (url, protocol) => {
    expect(mismatch(url, protocol)).toBeNull();
  });

  it("is no loopback for having its name in it", () => {
    expect(mismatch("ws://localhost.example/x", "https:")).not.toBeNull();
  });
});
