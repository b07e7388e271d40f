import { useState } from "react";

type Header = { "Idempotency-Key": string };

/**
 * The key of a request that is sent again until it is answered: an answer that got lost on its way
 * is fetched by the next press, which makes nothing a second time. Another body is another request.
 */
export class KeptKey {
  private body: string | null = null;
  private key = "";

  /** Sends a request under its key; rejects as `request` does, and keeps the key then. */
  async send<T>(body: object, request: (header: Header) => Promise<T>): Promise<T> {
    const asked = JSON.stringify(body);
    if (asked !== this.body) {
      this.body = asked;
      this.key = makeKey();
    }
    const answer = await request({ "Idempotency-Key": this.key });
    if (asked === this.body) this.body = null; // from now on the same is asked for once more
    return answer;
  }
}

/** The kept key of one kind of request, as long as what asks is shown. */
export function useKeptKey(): KeptKey {
  const [key] = useState(() => new KeptKey());
  return key;
}

function makeKey(): string {
  // Not crypto.randomUUID: it is missing on pages that are served over plain http.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
