/**
 * Frames of the inference WebSocket.
 *
 * Both ways a 16-byte little-endian header comes first: `u8 kind, u8 protocol, u16 flags,
 * u32 tick, u64 params_version`. A state carries `time, qpos, qvel, ctrl` as float64, an action
 * carries the actuator targets as float32. The first message each way is a JSON text.
 *
 * A live state has the numbers of live commands behind it, float64, and its action a carry.
 */

import { WIRE } from "@/generated/contract";

const { offsets: AT, headerBytes: HEADER_BYTES } = WIRE;

export interface RawState {
  tick: number;
  reset: boolean;
  time: number;
  qpos: Float64Array;
  qvel: Float64Array;
  ctrl: Float64Array;
  /** Live commands, as `Wheel` writes them; null where nobody asks for more than the schedule. */
  live?: Float64Array | null;
}

export interface Action {
  tick: number;
  paramsVersion: number;
  /** Actuator targets, `[nu]`. */
  ctrl: Float32Array;
  /** What the next live state is to bring back; null after a plain one. */
  carry: Float64Array | null;
}

/** A channel that can be driven: its constant from where to where, its amplitude at most. */
export interface LiveChannel {
  name: string;
  unit: string;
  lower: number;
  upper: number;
  amplitude: number;
}

/** What a policy can be asked while it plays. */
export interface Live {
  channels: LiveChannel[];
  /** Numbers of a carry. */
  carried: number;
  /** Of the schedule's own rhythm; 0 of one that has none. */
  rhythm_hz: number;
}

export interface Welcome {
  type: "welcome";
  protocol: number;
  model_id: string;
  params_version: number;
  nq: number;
  nv: number;
  nu: number;
  control_hz: number;
  live?: Live;
}

export interface Refusal {
  type: "refused";
  code: string;
  message: string;
}

export interface SnapshotNotice {
  type: "snapshot";
  params_version: number;
  step: number;
  program_words: string;
}

export type ServerText = Welcome | Refusal | SnapshotNotice;

/** A frame or text that does not follow the protocol. */
export class WireError extends Error {
  override name = "WireError";
}

/** The frame of one state; `params_version` is 0 from a simulator. */
export function encodeState(state: RawState): ArrayBuffer {
  const live = state.live ?? null;
  const values = [[state.time], state.qpos, state.qvel, state.ctrl, live ?? []];
  const count = values.reduce((sum, part) => sum + part.length, 0);
  const frame = new ArrayBuffer(HEADER_BYTES + 8 * count);
  const view = new DataView(frame);
  view.setUint8(AT.kind, live === null ? WIRE.kinds.state : WIRE.kinds.live_state);
  view.setUint8(AT.protocol, WIRE.protocol);
  view.setUint16(AT.flags, state.reset ? WIRE.flags.reset : 0, true);
  view.setUint32(AT.tick, state.tick, true);
  view.setBigUint64(AT.params_version, 0n, true);
  let offset: number = HEADER_BYTES;
  for (const part of values) {
    for (const value of part) {
      view.setFloat64(offset, value, true);
      offset += 8;
    }
  }
  return frame;
}

/**
 * Read an action for `nu` actuators; that of a live state brings a carry of so many numbers.
 *
 * Throws `WireError` on anything else.
 */
export function decodeAction(frame: ArrayBuffer, nu: number, carried = 0): Action {
  const view = new DataView(frame);
  const kind = frame.byteLength < HEADER_BYTES ? 0 : view.getUint8(AT.kind);
  if (kind !== WIRE.kinds.action && kind !== WIRE.kinds.live_action) {
    throw new WireError(`expected an action, got a frame of kind ${kind}`);
  }
  const behind = HEADER_BYTES + 4 * nu;
  const bytes = behind + (kind === WIRE.kinds.action ? 0 : 8 * carried);
  if (frame.byteLength !== bytes) {
    throw new WireError(`an action has ${bytes} bytes, not ${frame.byteLength}`);
  }
  const protocol = view.getUint8(AT.protocol);
  if (protocol !== WIRE.protocol) {
    throw new WireError(`the server speaks protocol ${protocol}, this page ${WIRE.protocol}`);
  }
  const ctrl = new Float32Array(nu);
  for (let i = 0; i < nu; i += 1) {
    const value = view.getFloat32(HEADER_BYTES + 4 * i, true);
    if (!Number.isFinite(value)) throw new WireError("an action holds a value that is no number");
    ctrl[i] = value;
  }
  return {
    tick: view.getUint32(AT.tick, true),
    paramsVersion: Number(view.getBigUint64(AT.params_version, true)),
    ctrl,
    carry:
      bytes === behind
        ? null
        : Float64Array.from({ length: carried }, (_, i) => view.getFloat64(behind + 8 * i, true)),
  };
}

/** Read a text message of the server. Throws `WireError` if it is none that is known. */
export function decodeText(text: string): ServerText {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    throw new WireError("the server sent a text that is no JSON");
  }
  const type = (message as { type?: unknown } | null)?.type;
  if (type === "welcome" || type === "refused" || type === "snapshot") return message as ServerText;
  throw new WireError(`the server sent an unknown message: ${String(type)}`);
}

/** The first message of the conversation. */
export function hello(modelId: string, sceneSha256: string): string {
  return JSON.stringify({
    type: "hello",
    protocol: WIRE.protocol,
    model_id: modelId,
    scene_sha256: sceneSha256,
  });
}
