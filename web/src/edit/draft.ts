/** An edit under way: kept in the browser until it has become a candidate or is discarded. */
import { useCallback, useEffect, useState } from "react";
import type { Candidate, RevisionRequest } from "@/api/types";
import type { CheckDraft } from "./checkDraft";
import { draftOf, specOf } from "./checkDraft";
import { declaredWeights, sameButWeights, withWeights } from "./literal";

export interface Draft {
  code: string;
  /** Weights beside a source whose own cannot be read; else the source holds them. */
  weights: Record<string, number>;
  checks: CheckDraft[];
  /** The revision job that checks, or checked, this edit. */
  jobId: string | null;
}

/** What the editor opens with: the source shows the weights that are in force. */
export function openingDraft(candidate: Candidate): Draft {
  return {
    code: withWeights(candidate.code, candidate.weights),
    weights: { ...candidate.weights },
    checks: candidate.checks.map(draftOf),
    jobId: null,
  };
}

/** The weights as the draft has them, whichever way. */
export function weightsOf(draft: Draft): Record<string, number> {
  return declaredWeights(draft.code) ?? draft.weights;
}

export function withWeight(draft: Draft, term: string, value: number): Draft {
  return {
    ...draft,
    code: withWeights(draft.code, { [term]: value }),
    weights: { ...draft.weights, [term]: value },
  };
}

/** What to ask the server for: only what was changed. Null where nothing was. */
export function revisionOf(candidate: Candidate, draft: Draft): RevisionRequest | null {
  const opened = openingDraft(candidate);
  const request: RevisionRequest = { parent: candidate.n };
  const readable = declaredWeights(draft.code) !== null;
  // Code is built anew only where it says something new: weights alone need no build.
  const rewritten = !sameButWeights(draft.code, opened.code);
  if (rewritten) request.code = draft.code;
  const weights = weightsOf(draft);
  const changed = Object.entries(weights).filter(([term, w]) => w !== candidate.weights[term]);
  if (changed.length > 0 && !(rewritten && readable)) {
    request.weights = Object.fromEntries(changed);
  }
  const checks = draft.checks.map(specOf);
  if (JSON.stringify(checks) !== JSON.stringify(opened.checks.map(specOf))) request.checks = checks;
  return Object.keys(request).length > 1 ? request : null;
}

/** The draft of one candidate's edit; it outlives a reload of the page. */
export function useDraft(
  taskId: string,
  candidate: Candidate,
): [Draft, (next: Draft | ((draft: Draft) => Draft)) => void, () => void] {
  const key = storageKey(taskId, candidate.n);
  const [draft, setDraft] = useState<Draft>(() => stored(key) ?? openingDraft(candidate));
  const opening = JSON.stringify(openingDraft(candidate));
  useEffect(() => {
    try {
      const text = JSON.stringify(draft);
      if (text === opening) sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, text);
    } catch {
      // Without storage the draft lives as long as the page does.
    }
  }, [key, draft, opening]);
  const forget = useCallback(() => forgetDraft(taskId, candidate.n), [taskId, candidate.n]);
  return [draft, setDraft, forget];
}

/** Whether an edit of this candidate was begun and not finished. */
export function hasDraft(taskId: string, n: number): boolean {
  return stored(storageKey(taskId, n)) !== null;
}

export function forgetDraft(taskId: string, n: number): void {
  try {
    sessionStorage.removeItem(storageKey(taskId, n));
  } catch {
    // Nothing was stored.
  }
}

function storageKey(taskId: string, n: number): string {
  return `tabrl.edit.${taskId}.${n}`;
}

function stored(key: string): Draft | null {
  try {
    const text = sessionStorage.getItem(key);
    return text === null ? null : (JSON.parse(text) as Draft);
  } catch {
    return null;
  }
}
