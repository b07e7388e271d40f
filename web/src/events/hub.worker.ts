/** The shared worker behind all tabs: it holds the one stream that they hear of jobs by. */
import type { Listener, ToHub } from "./hub";
import { Hub } from "./hub";
import { readStream } from "./stream";

/** A page that has said nothing for so long is gone: closing a tab tells nobody. */
const SILENT_MS = 40_000;
const LOOK_EVERY_MS = 10_000;

interface Scope {
  onconnect: ((event: MessageEvent) => void) | null;
}

const hub = new Hub(readStream);
const heard = new Map<Listener, number>();

(self as unknown as Scope).onconnect = ({ ports: [port] }) => {
  if (port === undefined) return;
  const listener: Listener = { post: (message) => port.postMessage(message) };
  heard.set(listener, Date.now());
  port.onmessage = ({ data }: MessageEvent<ToHub>) => {
    heard.set(listener, Date.now());
    hub.hear(listener, data);
  };
};

setInterval(() => {
  for (const [listener, at] of heard) {
    if (Date.now() - at < SILENT_MS) continue;
    heard.delete(listener);
    hub.forget(listener);
  }
}, LOOK_EVERY_MS);
