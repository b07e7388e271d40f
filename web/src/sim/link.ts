import { ticket, withTicket } from "@/api/tickets";
import type { Connection, LinkState } from "./messages";
import type { Action, SnapshotNotice, Welcome } from "./wire";
import { decodeAction, decodeText, hello, WireError } from "./wire";

/** The part of a browser's WebSocket that is used here. */
export interface Socket {
  binaryType: string;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  send(data: string | ArrayBuffer): void;
  close(): void;
}

/** A connection to a server that there is. */
type ServerConnection = Connection & { url: string };

export interface LinkHandlers {
  onState(state: LinkState): void;
  onWelcome(welcome: Welcome): void;
  onAction(action: Action): void;
  onSnapshot(notice: SnapshotNotice): void;
}

const FIRST_RETRY_S = 0.5;
const LONGEST_RETRY_S = 8;
/** Refusals that time may heal; any other means that asking again is pointless. */
const PASSING = new Set([
  "model_unavailable",
  "too_many_clients",
  "too_many_connections",
  "hello_timeout",
  "idle",
]);

/** Seconds until attempt number `attempt` (from 1): doubling, bounded. */
export function backoff(attempt: number): number {
  return Math.min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** (attempt - 1));
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Why browsers open no socket to an address from a page of such a protocol; null where they do.
 *
 * Asked before one is opened: some browsers throw, others only close it, as if nobody were there.
 * What is on the visitor's own machine they trust.
 */
export function mismatch(url: string, protocol: string | undefined): string | null {
  if (protocol !== "https:" || !url.startsWith("ws:")) return null;
  const { hostname, origin } = new URL(url);
  if (LOOPBACK.test(hostname)) return null;
  return (
    `This page came over https, and from such a page browsers open no unencrypted socket ` +
    `(${origin}). Whoever runs this server sets TABRL_INFERENCE_URL to a wss:// ` +
    "address, behind the same proxy for instance."
  );
}

/**
 * The conversation with an inference server: hello, welcome, then states and actions.
 *
 * A lost connection is taken up again with growing pauses; a refusal is final unless its code says
 * that time may heal it.
 */
export class Link {
  private socket: Socket | null = null;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private attempt = 0;
  private nu = 0;
  private carried = 0;
  private refusal: LinkState | null = null;
  private closed = false;

  constructor(
    private readonly connection: ServerConnection,
    private readonly handlers: LinkHandlers,
    private readonly open: (url: string) => Socket = (url) =>
      new WebSocket(url) as unknown as Socket,
    private readonly fetchTicket: typeof ticket = ticket,
  ) {
    this.connect();
  }

  get live(): boolean {
    return this.nu > 0;
  }

  send(frame: ArrayBuffer): void {
    if (this.live) this.socket?.send(frame);
  }

  /** Give the connection up and start anew, as after silence of the server. */
  restart(): void {
    this.socket?.close();
    this.lost();
  }

  close(): void {
    this.closed = true;
    if (this.retry !== null) clearTimeout(this.retry);
    this.detach();
  }

  private connect(): void {
    this.retry = null;
    this.refusal = null;
    this.handlers.onState({ state: "connecting" });
    const { url, access } = this.connection;
    if (access === undefined) {
      this.dial(url);
      return;
    }
    this.fetchTicket(access.ticketUrl, access.token).then(
      (secret) => this.closed || this.dial(withTicket(url, secret)),
      () => this.closed || this.lost(),
    );
  }

  private dial(url: string): void {
    const why = mismatch(url, globalThis.location?.protocol);
    if (why !== null) {
      this.refuse(why);
      return;
    }
    let socket: Socket;
    try {
      socket = this.open(url);
    } catch (error) {
      this.refuse(error instanceof Error ? error.message : String(error));
      return;
    }
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(hello(this.connection.modelId, this.connection.sceneSha256));
    socket.onmessage = ({ data }) => this.receive(data);
    socket.onclose = () => this.lost();
    this.socket = socket;
  }

  private refuse(message: string): void {
    this.refusal = { state: "refused", code: "socket_refused", message };
    this.lost();
  }

  private receive(data: unknown): void {
    try {
      if (data instanceof ArrayBuffer)
        this.handlers.onAction(decodeAction(data, this.nu, this.carried));
      else this.receiveText(String(data));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.refusal = { state: "refused", code: "protocol", message: error.message };
      this.socket?.close();
      this.lost();
    }
  }

  private receiveText(text: string): void {
    const message = decodeText(text);
    if (message.type === "welcome") {
      this.nu = message.nu;
      this.carried = message.live?.carried ?? 0;
      this.attempt = 0;
      this.handlers.onState({ state: "live" });
      this.handlers.onWelcome(message);
    } else if (message.type === "snapshot") {
      this.handlers.onSnapshot(message);
    } else if (!PASSING.has(message.code)) {
      this.refusal = { state: "refused", code: message.code, message: message.message };
    }
  }

  private lost(): void {
    this.detach();
    if (this.closed) return;
    if (this.refusal !== null) {
      this.handlers.onState(this.refusal);
      return;
    }
    this.attempt += 1;
    const retryInS = backoff(this.attempt);
    this.handlers.onState({ state: "lost", attempt: this.attempt, retryInS });
    this.retry = setTimeout(() => this.connect(), 1000 * retryInS);
  }

  private detach(): void {
    const { socket } = this;
    this.nu = 0;
    this.socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
