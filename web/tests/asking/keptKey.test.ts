import { describe, expect, it } from "vitest";
import { KeptKey } from "@/api/keptKey";

/** Sends one request; the key that it had, whether it was answered or not. */
async function keyOf(kept: KeptKey, body: object, answered = true): Promise<string> {
  let key = "";
  const request = (header: Record<string, string>): Promise<null> => {
    key = header["Idempotency-Key"] ?? "";
    return answered ? Promise.resolve(null) : Promise.reject(new Error("lost"));
  };
  await kept.send(body, request).catch(() => undefined);
  return key;
}

describe("a request's key", () => {
  it("stays until the request is answered", async () => {
    const kept = new KeptKey();
    const lost = await keyOf(kept, { prompt: "trot" }, false);
    expect(lost).toMatch(/^[0-9a-f]{32}$/);
    expect(await keyOf(kept, { prompt: "trot" }, false)).toBe(lost);
    expect(await keyOf(kept, { prompt: "trot" })).toBe(lost);
    expect(await keyOf(kept, { prompt: "trot" })).not.toBe(lost);
  });

  it("is another one for another body, which the server would refuse under the first", async () => {
    const kept = new KeptKey();
    const lost = await keyOf(kept, { prompt: "trot" }, false);
    const other = await keyOf(kept, { prompt: "hop" }, false);
    expect(other).not.toBe(lost);
    expect(await keyOf(kept, { prompt: "hop" })).toBe(other);
  });

  it("is not given up for an answer to an earlier request", async () => {
    const kept = new KeptKey();
    let answer = (): void => undefined;
    const slow = kept.send({ n: 1 }, () => new Promise<void>((resolve) => (answer = resolve)));
    const lost = await keyOf(kept, { n: 2 }, false);
    answer();
    await slow;
    expect(await keyOf(kept, { n: 2 })).toBe(lost);
  });
});
