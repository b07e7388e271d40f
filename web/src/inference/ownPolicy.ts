import type { RobotConstants } from "@/controller/constants";
import type { LiveAsks } from "@/controller/controller";
import { Controller } from "@/controller/controller";
import type { State } from "@/controller/observe";
import { PolicyFileError, readPolicyFile } from "@/controller/policyFile";
import type { PolicySource } from "./types";

/** Between two looks for newer parameters, and after a look that failed, ms. */
const LOOK_EVERY_MS = 2000;
const REST_MS = 10_000;

interface Loaded {
  controller: Controller;
  version: number;
}

/** Actuator targets; of a live state also what its next one brings back. */
interface Answer {
  ctrl: Float32Array;
  carry: Float64Array | null;
}

/** A policy that is run here, in its newest snapshot. */
export class OwnPolicy {
  private loaded: Loaded | null = null;
  private constants: RobotConstants | null = null;
  private loading = false;
  private closed = false;
  private nextLook = Number.NEGATIVE_INFINITY;
  /** Why there is none, for people; null while there is one or it is still on its way. */
  failure: string | null = null;

  constructor(
    private readonly source: PolicySource,
    private readonly onNews: () => void,
    private readonly now: () => number,
    private readonly load: typeof fetch = (...request) => fetch(...request),
  ) {
    this.look();
  }

  get ready(): boolean {
    return this.loaded !== null;
  }

  /** Of the parameters that are run; null before there are some. */
  get version(): number | null {
    return this.loaded?.version ?? null;
  }

  /** Actuator targets for a state, and what comes back with the next one if it is a live state. */
  answer(state: State, live: Float64Array | null): Answer | null {
    const controller = this.loaded?.controller;
    if (controller === undefined) return null;
    return live === null
      ? { ctrl: controller.control(state), carry: null }
      : controller.drive(state, live);
  }

  /** What the policy can be asked while it plays; null as long as there is none. */
  get live(): LiveAsks | null {
    return this.loaded?.controller.live ?? null;
  }

  /** Look for newer parameters, unless that was done a moment ago. */
  look(): void {
    if (this.loading || this.now() < this.nextLook) return;
    this.nextLook = this.now() + LOOK_EVERY_MS;
    this.loading = true;
    this.refresh()
      .catch((error: unknown) => {
        // What cannot be read will not be the next time; what is here is run on.
        const final = error instanceof PolicyFileError;
        this.nextLook = final ? Number.POSITIVE_INFINITY : this.now() + REST_MS;
        if (!this.ready) this.failure = error instanceof Error ? error.message : String(error);
      })
      .finally(() => {
        this.loading = false;
      });
  }

  close(): void {
    this.closed = true;
  }

  private async refresh(): Promise<void> {
    if (this.loaded !== null) {
      if (this.source.model === null) return;
      const model = (await (await this.get(this.source.model)).json()) as {
        params_version: number;
      };
      if (model.params_version === this.loaded.version) return;
    }
    this.constants ??= (await (await this.get(this.source.constants)).json()) as RobotConstants;
    const response = await this.get(this.source.params);
    const policy = readPolicyFile(await response.arrayBuffer());
    const told = response.headers.get("TabRL-Params-Version");
    // Before its first snapshot a model plays its robot's pretrained policy, on whatever ground.
    if (told !== "0" && policy.sceneSha256 !== this.source.sceneSha256) {
      throw new PolicyFileError("these parameters are for another scene");
    }
    const controller = new Controller(policy, this.constants);
    if (this.closed) return;
    this.loaded = { controller, version: Number(told) };
    this.failure = null;
    this.onNews();
  }

  private async get(url: string): Promise<Response> {
    const { token } = this.source;
    const headers: HeadersInit = token === null ? {} : { Authorization: `Bearer ${token}` };
    const response = await this.load(url, { headers });
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return response;
  }
}
