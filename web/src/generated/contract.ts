// Made by `make contract` from the server's rules: do not edit.

export const CHECKS = {
  "maxCount": 16,
  "idPattern": "^[A-Za-z][A-Za-z0-9_]{0,31}$",
  "aboveHz": 0.0,
  "maxHz": 10.0,
  "startS": 2.0,
  "endS": 10.0,
  "shortestWindowS": 0.1,
  "episodeS": 10.0,
  "longestEpisodeS": 20.0
} as const;

export const STATISTICS = {
  "mean": {
    "frequency": "unused",
    "threshold": "unused",
    "unit": null
  },
  "mean_abs": {
    "frequency": "unused",
    "threshold": "unused",
    "unit": null
  },
  "min": {
    "frequency": "unused",
    "threshold": "unused",
    "unit": null
  },
  "max": {
    "frequency": "unused",
    "threshold": "unused",
    "unit": null
  },
  "std": {
    "frequency": "unused",
    "threshold": "unused",
    "unit": null
  },
  "range": {
    "frequency": "unused",
    "threshold": "unused",
    "unit": null
  },
  "change": {
    "frequency": "unused",
    "threshold": "unused",
    "unit": null
  },
  "final": {
    "frequency": "unused",
    "threshold": "unused",
    "unit": null
  },
  "amplitude": {
    "frequency": "optional",
    "threshold": "unused",
    "unit": null
  },
  "frequency": {
    "frequency": "unused",
    "threshold": "unused",
    "unit": "Hz"
  },
  "rhythm": {
    "frequency": "required",
    "threshold": "unused",
    "unit": ""
  },
  "share_above": {
    "frequency": "unused",
    "threshold": "required",
    "unit": ""
  },
  "share_below": {
    "frequency": "unused",
    "threshold": "required",
    "unit": ""
  },
  "any": {
    "frequency": "unused",
    "threshold": "unused",
    "unit": "of episodes"
  }
} as const;

export const TERMINAL_JOB_STATES = [
  "cancelled",
  "failed",
  "succeeded"
] as const;

export const BASE_VERSION = 0 as const;

export const MINUTES = {
  "least": 5,
  "most": 60,
  "usual": 10
} as const;

export const MAX_PROMPT = 2000 as const;

export const MAX_SOURCE = 20000 as const;

export const WIRE = {
  "protocol": 2,
  "headerBytes": 16,
  "offsets": {
    "kind": 0,
    "protocol": 1,
    "flags": 2,
    "tick": 4,
    "params_version": 8
  },
  "kinds": {
    "state": 1,
    "action": 2,
    "live_state": 3,
    "live_action": 4
  },
  "flags": {
    "reset": 1,
    "velocity_unknown": 2,
    "place_unknown": 4
  }
} as const;
