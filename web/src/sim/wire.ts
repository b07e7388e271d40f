/**
 * Frames of the inference WebSocket.
 *
 * Both ways a 16-byte little-endian header comes first: `u8 kind, u8 protocol, u16 flags,
 * u32 tick, u64 params_version`. A state carries `time, qpos, qvel, ctrl` as float64, an action
 * carries the actuator targets as float32. The first message each way is a JSON text.
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
}

export interface Action {
  tick: number;
  paramsVersion: number;
  /** Actuator targets, `[nu]`. */
  ctrl: Float32Array;
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
  const values = [[state.time], state.qpos, state.qvel, state.ctrl];
  const count = values.reduce((sum, part) => sum + part.length, 0);
  const frame = new ArrayBuffer(HEADER_BYTES + 8 * count);
  const view = new DataView(frame);
  view.setUint8(AT.kind, WIRE.kinds.state);
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

/** Read an action for `nu` actuators. Throws `WireError` on anything else. */
export function decodeAction(frame: ArrayBuffer, nu: number): Action {
  if (frame.byteLength !== HEADER_BYTES + 4 * nu) {
    throw new WireError(`an action has ${HEADER_BYTES + 4 * nu} bytes, not ${frame.byteLength}`);
  }
  const view = new DataView(frame);
  const kind = view.getUint8(AT.kind);
  if (kind !== WIRE.kinds.action) {
    throw new WireError(`expected an action, got a frame of kind ${kind}`);
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
