/** Streams and sockets of a browser send no headers: a ticket, good once, opens each. */
import { at } from "@/lib/place";
import { authorization, currentToken, refused } from "./token";
import type { Me } from "./types";

let asked: Promise<boolean> | null = null;

/** Whether streams and sockets need tickets: behind a proxy they do without a token of ours. */
export function needsTickets(): Promise<boolean> {
  if (currentToken() !== null) return Promise.resolve(true);
  asked ??= fetch(at("/api/me"))
    .then(async (response) => {
      if (!response.ok) throw new Error(String(response.status));
      return ((await response.json()) as Me).log_in !== "none";
    })
    .catch(() => {
      asked = null; // asked again the next time
      return false;
    });
  return asked;
}

/** A ticket from the address that makes them. Rejects if there is none to be had. */
export async function ticket(url: string, token = currentToken()): Promise<string> {
  const response = await fetch(url, { method: "POST", headers: authorization(token) });
  if (response.status === 401) refused(token);
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return ((await response.json()) as { ticket: string }).ticket;
}

/** An address with its ticket. */
export function withTicket(address: string, secret: string): string {
  return `${address}?ticket=${encodeURIComponent(secret)}`;
}
