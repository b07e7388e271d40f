import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { client } from "@/api/client";
import { needsTickets, ticket, withTicket } from "@/api/tickets";
import {
  authorization,
  currentToken,
  logIn,
  logOut,
  recallToken,
  refused,
  tokenState,
} from "@/api/token";
import type { Socket } from "@/sim/link";
import { Link } from "@/sim/link";
import type { LinkState } from "@/sim/messages";

function memory(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as unknown as Storage;
}

const at = (hash: string): Location => ({ hash, pathname: "/models/m", search: "" }) as Location;
const NOTHING = { onState() {}, onWelcome() {}, onAction() {}, onSnapshot() {} };

describe("a token", () => {
  let sessionStorage: Storage;
  beforeEach(() => {
    sessionStorage = memory();
    vi.stubGlobal("window", { sessionStorage });
  });
  afterEach(() => {
    logOut();
    vi.unstubAllGlobals();
  });

  it("stays in the tab, and goes into a header", () => {
    expect(authorization()).toEqual({});
    logIn("tabrl_x");
    expect(authorization()).toEqual({ Authorization: "Bearer tabrl_x" });
    expect(sessionStorage.getItem("tabrl-token")).toBe("tabrl_x");
    logOut();
    expect([currentToken(), sessionStorage.getItem("tabrl-token")]).toEqual([null, null]);
  });

  it("of a link is taken out of the address", () => {
    const replaceState = vi.fn();
    recallToken(at("#share_abc"), { state: null, replaceState } as unknown as History);
    expect(currentToken()).toBe("share_abc");
    expect(replaceState).toHaveBeenCalledWith(null, "", "/models/m");
  });

  it("is remembered, whatever else stands behind a #", () => {
    sessionStorage.setItem("tabrl-token", "tabrl_x");
    const replaceState = vi.fn();
    recallToken(at("#tabrl_y"), { state: null, replaceState } as unknown as History);
    expect(currentToken()).toBe("tabrl_x");
    expect(replaceState).not.toHaveBeenCalled();
  });

  it("is sent with requests, and asked for after a 401", async () => {
    logIn("tabrl_x");
    refused("an earlier one"); // changes nothing
    expect(tokenState().wanted).toBe(false);
    const seen: (string | null)[] = [];
    const fetched = async (request: Request): Promise<Response> => {
      seen.push(request.headers.get("Authorization"));
      return new Response('{"code":"bad_token"}', { status: 401 });
    };
    await client.GET("/api/me", { baseUrl: "http://127.0.0.1/", fetch: fetched });
    expect(seen).toEqual(["Bearer tabrl_x"]);
    expect(tokenState().wanted).toBe(true);
    logIn("tabrl_y");
    expect(tokenState()).toEqual({ token: "tabrl_y", wanted: false });
  });

  it("buys tickets", async () => {
    logIn("tabrl_x");
    expect(await needsTickets()).toBe(true);
    const fetched = vi.fn(async () => new Response('{"ticket":"t 1"}', { status: 201 }));
    vi.stubGlobal("fetch", fetched);
    const found = await ticket("/api/jobs/j/ticket");
    expect(withTicket("/api/jobs/j/events", found)).toBe("/api/jobs/j/events?ticket=t%201");
    expect(fetched).toHaveBeenCalledWith("/api/jobs/j/ticket", {
      method: "POST",
      headers: { Authorization: "Bearer tabrl_x" },
    });
  });
});

describe("a socket that the browser does not open", () => {
  it("is told as such, and not tried again", () => {
    const states: LinkState[] = [];
    const link = new Link(
      { url: "ws://policy.example/m", modelId: "m", sceneSha256: "s" },
      { ...NOTHING, onState: (state) => states.push(state) },
      () => {
        throw new Error("insecure");
      },
    );
    expect(states.at(-1)).toEqual({
      state: "refused",
      code: "socket_refused",
      message: "insecure",
    });
    link.close();
  });
});

describe("a socket where people log in", () => {
  it("opens with a new ticket each time, and never with the token", async () => {
    vi.useFakeTimers();
    const opened: string[] = [];
    const sockets: Socket[] = [];
    let made = 0;
    const link = new Link(
      {
        url: "ws://i/m",
        modelId: "m",
        sceneSha256: "s",
        access: { token: "tabrl_x", ticketUrl: "http://h/t" },
      },
      NOTHING,
      (url) => {
        opened.push(url);
        const socket = { close() {}, send() {} } as unknown as Socket;
        sockets.push(socket);
        return socket;
      },
      async () => {
        made += 1;
        return `t${made}`;
      },
    );
    await vi.advanceTimersByTimeAsync(0);
    sockets[0]?.onclose?.();
    await vi.advanceTimersByTimeAsync(1000);
    expect(opened).toEqual(["ws://i/m?ticket=t1", "ws://i/m?ticket=t2"]);
    link.close();
    vi.useRealTimers();
  });
});
