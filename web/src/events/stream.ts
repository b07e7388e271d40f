/** Server-sent events read by hand: `EventSource` sends no token, and opens a connection each. */

export interface Message {
  event: string;
  data: string;
  id: string;
}

/** Cuts what comes in pieces into messages; comments are for keeping the line open. */
export class Messages {
  private rest = "";

  /** The messages that are whole with this piece. */
  take(piece: string): Message[] {
    const blocks = (this.rest + piece).split(/\r?\n\r?\n/);
    this.rest = blocks.pop() ?? "";
    return blocks.map(messageOf).filter((message) => message !== null);
  }
}

function messageOf(block: string): Message | null {
  const fields = block.split(/\r?\n/).map((line) => {
    const [name = "", ...value] = line.split(":");
    return { name, value: value.join(":").replace(/^ /, "") };
  });
  const valuesOf = (wanted: string): string[] =>
    fields.filter(({ name }) => name === wanted).map(({ value }) => value);
  const data = valuesOf("data");
  if (data.length === 0) return null;
  return {
    event: valuesOf("event").at(-1) ?? "message",
    data: data.join("\n"),
    id: valuesOf("id").at(-1) ?? "",
  };
}

/** Read a stream to its end. Rejects where it breaks off, or the answer is none. */
export async function readStream(
  url: string,
  token: string | null,
  signal: AbortSignal,
  hear: { open(): void; messages(messages: Message[]): void; refused(): void },
): Promise<void> {
  const headers = { Accept: "text/event-stream", ...authorized(token) };
  const response = await fetch(url, { headers, signal, cache: "no-store" });
  if (response.status === 401) hear.refused();
  if (!response.ok || response.body === null) throw new Error(String(response.status));
  hear.open();
  const cut = new Messages();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const messages = cut.take(value);
    if (messages.length > 0) hear.messages(messages);
  }
}

function authorized(token: string | null): Record<string, string> {
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}
