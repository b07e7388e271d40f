import { describe, expect, it } from "vitest";
import type { Candidate, CheckView, QuantityInfo } from "@/api/types";
import {
  draftOf,
  faultsOf,
  longestEpisode,
  newCheck,
  specOf,
  typed,
  withQuantity,
} from "@/edit/checkDraft";
import { openingDraft, revisionOf, weightsOf, withWeight } from "@/edit/draft";
import { failureWords } from "@/edit/failure";
import { declaredWeights, sameButWeights, withWeights } from "@/edit/literal";
import { CHECKS } from "@/generated/contract";

const SOURCE = `"""Forward."""

WEIGHTS = {
    "forward": 1.5,  # the "goal": 9.0
    'smooth': -0.01,
}


def reward(state, action):
    return {"forward": 2.0 * state.dt, "smooth": jnp.sum(jnp.square(action))}
`;

const speed: CheckView = {
  id: "speed",
  name: "mean forward speed",
  target: "≥ 0.3 m/s",
  unit: "m/s",
  quantity: "forward_speed",
  statistic: "mean",
  part: null,
  frequency: null,
  threshold: null,
  path: null,
  start_s: 2,
  end_s: 10,
  at_least: 0.3,
  at_most: null,
};

const joint: QuantityInfo = {
  name: "joint_position",
  label: "joint position",
  unit: "rad",
  description: "angle of a joint",
  parts: ["FR_hip", "FL_hip"],
  part_required: true,
  whole: "",
};

function candidate(weights = { forward: 1.5, smooth: -0.01 }): Candidate {
  return {
    n: 2,
    name: "Direct",
    idea: "",
    author: "composer",
    code: SOURCE,
    terms: Object.keys(weights),
    weights,
    checks: [speed],
    phases_s: [],
    repeat: true,
    motion: null,
    ground: { shape: "flat", friction: null, angle_deg: 0, height_m: 0, seed: 0 },
    ground_words: "flat ground",
    artifact_sha256: "0".repeat(64),
    report: {} as Candidate["report"],
    parent: null,
    revised_by: null,
  };
}

describe("the weights in a source", () => {
  it("are read without its comments", () => {
    expect(declaredWeights(SOURCE)).toEqual({ forward: 1.5, smooth: -0.01 });
  });

  it("are rewritten in place, and nothing else is", () => {
    const text = withWeights(SOURCE, { smooth: -2, forward: 1.5, unknown: 3 });
    expect(text).toBe(SOURCE.replace("-0.01", "-2.0"));
  });

  it("are left alone where the literal holds more than numbers", () => {
    const clever = SOURCE.replace("-0.01", "-1 / 100");
    expect(declaredWeights(clever)).toBeNull();
    expect(withWeights(clever, { forward: 3 })).toBe(clever);
    expect(declaredWeights("def reward(state, action): ...")).toBeNull();
    expect(declaredWeights('WEIGHTS = {"forward": 1.0')).toBeNull();
  });

  it("are what may differ in otherwise equal sources", () => {
    expect(sameButWeights(SOURCE, SOURCE.replace("1.5,", "7e-3,"))).toBe(true);
    expect(sameButWeights(SOURCE, SOURCE.replace("2.0 *", "3.0 *"))).toBe(false);
  });
});

describe("an edit", () => {
  it("asks for nothing as long as nothing is changed", () => {
    expect(revisionOf(candidate(), openingDraft(candidate()))).toBeNull();
  });

  it("opens with the weights in force, and does not take them for a change", () => {
    const tuned = candidate({ forward: 4, smooth: -0.01 });
    const draft = openingDraft(tuned);
    expect(weightsOf(draft)).toEqual({ forward: 4, smooth: -0.01 });
    expect(revisionOf(tuned, draft)).toBeNull();
  });

  it("of a weight alone sends no code", () => {
    const draft = withWeight(openingDraft(candidate()), "forward", 2);
    expect(draft.code).toContain('"forward": 2.0');
    expect(revisionOf(candidate(), draft)).toEqual({ parent: 2, weights: { forward: 2 } });
  });

  it("of code sends the code with its weights in it", () => {
    const draft = withWeight(openingDraft(candidate()), "forward", 2);
    draft.code = draft.code.replace("2.0 * state.dt", "state.time");
    const request = revisionOf(candidate(), draft);
    expect(request).toEqual({ parent: 2, code: draft.code });
    expect(request?.code).toContain('"forward": 2.0');
  });

  it("sends weights beside a code whose own cannot be read", () => {
    const draft = openingDraft(candidate());
    draft.code = draft.code.replace("1.5,", "3 / 2,");
    const request = revisionOf(candidate(), withWeight(draft, "smooth", -1));
    expect(request).toMatchObject({ code: draft.code, weights: { smooth: -1 } });
  });

  it("of a check sends all checks and nothing else", () => {
    const draft = openingDraft(candidate());
    draft.checks = [{ ...draftOf(speed), atMost: "0,6" }];
    expect(revisionOf(candidate(), draft)).toEqual({
      parent: 2,
      checks: [expect.objectContaining({ id: "speed", at_least: 0.3, at_most: 0.6 })],
    });
  });
});

describe("a failure", () => {
  it("names its line once, whether or not its message does", () => {
    const failure = { kind: "code" as const, code: "x", message: "no imports", line: 3 };
    expect(failureWords(failure)).toBe("Line 3: no imports");
    expect(failureWords({ ...failure, message: "Line 3: no imports" })).toBe("Line 3: no imports");
    expect(failureWords({ ...failure, line: null })).toBe("no imports");
  });
});

describe("a check's form", () => {
  it("understands a decimal comma and keeps an empty field apart from nought", () => {
    expect([typed("0,5"), typed(" "), typed("−1")]).toEqual([0.5, null, -1]);
    expect(typed("half")).toBeNaN();
  });

  it("says field by field what is missing or wrong", () => {
    const check = draftOf(speed);
    expect(faultsOf(check, undefined)).toEqual({});
    expect(faultsOf({ ...check, atLeast: "" }, undefined)).toHaveProperty("atLeast");
    expect(faultsOf({ ...check, atLeast: "x" }, undefined)).toHaveProperty("atLeast");
    expect(faultsOf({ ...check, atMost: "0.1" }, undefined)).toHaveProperty("atMost");
    expect(faultsOf({ ...check, end: "1" }, undefined)).toHaveProperty("end");
    expect(faultsOf({ ...check, statistic: "rhythm" }, undefined)).toHaveProperty("frequency");
    expect(faultsOf({ ...check, statistic: "share_above" }, undefined)).toHaveProperty("threshold");
    expect(faultsOf({ ...check, part: "" }, joint)).toHaveProperty("part");
    expect(faultsOf({ ...check, start: "9.95" }, undefined)).toHaveProperty("end");
    const late = { ...check, start: "12", end: "14" };
    expect(faultsOf(late, undefined, longestEpisode([]))).toHaveProperty("start");
    expect(faultsOf(late, undefined, longestEpisode([8, 7]))).toEqual({});
  });

  it("keeps the path that a place is to follow, and lets go of it with the place", () => {
    const path = {
      kind: "path" as const,
      points: [
        [0, 0, 0, 0],
        [1, 0.1, 0, 0],
      ],
      repeat: false,
    };
    const place = { ...joint, name: "tool_position", parts: ["x", "y", "z"], part_required: true };
    const check = draftOf({ ...speed, quantity: "tool_position", path } as CheckView);
    expect(faultsOf(check, place)).toEqual({});
    expect(specOf(check)).toMatchObject({ quantity: "tool_position", part: null, path });
    expect(specOf(withQuantity(check, joint)).path).toBeNull();
    expect(specOf(withQuantity(check, place)).path).toEqual(path);
  });

  it("leaves out what its statistic does not use", () => {
    const check = { ...draftOf(speed), frequency: "2", threshold: "1" };
    expect(specOf(check)).toMatchObject({ frequency: null, threshold: null });
    expect(specOf({ ...check, statistic: "amplitude" })).toMatchObject({ frequency: 2 });
  });

  it("takes a part that the quantity has", () => {
    expect(withQuantity(draftOf(speed), joint).part).toBe("FR_hip");
    expect(withQuantity({ ...draftOf(speed), part: "FL_hip" }, joint).part).toBe("FL_hip");
  });

  it("gives every new check a name of its own", () => {
    const one = newCheck(joint, []);
    const two = newCheck(joint, [one]);
    expect(two.id).not.toBe(one.id);
    expect(two.id).toMatch(new RegExp(CHECKS.idPattern));
  });
});
