"""The names a reward may use. Data: read by the static check, the runtime and the prompt writer."""

from __future__ import annotations

STATE_METHODS: dict[str, str] = {
    "time": "() s since the reset",
    "dt": "() s between two control steps",
    "phase": "(freq, offset=0.0) 2π(freq·time + offset) rad; offset in cycles",
    "gait_phase": "(foot=None) gait clock of each foot in cycles; 0 at rest, swing from 0.55",
    "base_position": "() [x, y, z] in the world, m",
    "base_displacement": "() [x, y, z] since the reset in the world, m",
    "base_height": "() height of the trunk's frame above the ground, m",
    "base_quaternion": "() [w, x, y, z]",
    "base_euler": "() [roll, pitch, yaw], rad",
    "roll": "() rad, positive: right side down",
    "pitch": "() rad, positive: nose down",
    "yaw": "() rad, positive: turned left, within ±π",
    "base_linear_velocity": "() [forward, left, up] in the body frame, m/s",
    "base_linear_velocity_world": "() [x, y, z] in the world, m/s",
    "base_linear_velocity_filtered": "() body frame, low-pass filtered, m/s",
    "base_angular_velocity": "() [roll, pitch, yaw] rates in the body frame, rad/s",
    "base_acceleration": "() body frame, m/s²",
    "gravity": "() unit vector in the body frame, (0, 0, -1) upright",
    "uprightness": "() 1 upright, 0 on its side, -1 upside down",
    "joint_position": "(name=None) rad",
    "joint_velocity": "(name=None) rad/s",
    "joint_acceleration": "(name=None) rad/s²",
    "joint_torque": "(name=None) N·m",
    "default_pose": "(name=None) joint angles of the home pose, rad",
    "joint_limits": "(name=None) [lower, upper], rad",
    "power": "(name=None) torque times velocity, W",
    "joint_names": "() names of the joints",
    "action": "() [nu] the action of this step",
    "previous_action": "() [nu]",
    "previous_previous_action": "() [nu]",
    "foot_position": "(foot=None) [x, y, z] in the world, m",
    "foot_velocity": "(foot=None) in the world, m/s",
    "foot_force": "(foot=None) contact force, N",
    "foot_height": "(foot=None) clearance of the sole, m",
    "foot_peak_height": "(foot=None) highest point of the present or last swing, m",
    "foot_contact": "(foot=None) 1 on the ground, else 0",
    "foot_touchdown": "(foot=None) 1 in the step it touches down",
    "foot_liftoff": "(foot=None) 1 in the step it lifts off",
    "foot_air_time": "(foot=None) s since lift-off, 0 on the ground",
    "foot_contact_time": "(foot=None) s since touch-down, 0 in the air",
    "foot_last_air_time": "(foot=None) length of the last swing, s",
    "body_position": "(body=None) [x, y, z] in the world, m",
    "body_contact": "(body=None) 1 if it touches the ground",
    "self_collision": "() 1 if parts of the robot touch each other",
    "command": "(channel=None) what the command program asks for: vx, vy, yaw, height, pitch, "
    "roll, swing, jump, rear, lift_fr, lift_fl, lift_rr, lift_rl; reward motion, not this",
    "fallen": "() 1 after a fall, else 0",
    "foot_names": "() names of the feet",
    "body_names": "() names of the bodies",
    "get_joint_angle": "(name) the same as joint_position",
}

HELPERS: dict[str, str] = {
    "gaussian": "(error, width) exp(-Σ(error/width)²): 1 at no error",
    "progress": "(value, target) value/target, between -1 and 1",
    "tolerance": "(value, lower, upper, margin) 1 within the bounds, falling to 0 outside",
    "norm": "(x) Euclidean length, safe at zero",
    "wrap_angle": "(angle) the same angle within ±π",
    "rotate": "(quaternion, vector) body frame to world",
    "rotate_inverse": "(quaternion, vector) world to body frame",
}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


JNP_FUNCTIONS = _names("""
    abs absolute add all any arccos arcsin arctan arctan2 argmax argmin array asarray ceil clip
    concatenate cos cosh cross cumsum diff divide dot equal exp expm1 eye floor full greater
    greater_equal heaviside hstack hypot isfinite less less_equal linspace log log1p log2
    logical_and logical_not logical_or logical_xor matmul max maximum mean median min minimum mod
    multiply nan_to_num negative not_equal ones ones_like outer power prod ravel reciprocal
    remainder reshape roll round sign sin sinc sinh sqrt square stack std subtract sum tan tanh
    transpose var vstack where zeros zeros_like
""")
JNP_CONSTANTS = _names("pi e inf float32 int32 bool_")
LINALG_FUNCTIONS = _names("norm")
LAX_FUNCTIONS = _names("clamp select rsqrt stop_gradient")
ARRAY_ATTRIBUTES = _names("""
    T all any append argmax argmin astype at clip cumsum dot flatten items keys max mean min ndim
    prod ravel reshape round set shape size squeeze std sum transpose values var
""")
BUILTINS = _names("""
    abs bool dict enumerate float int len list max min range round sum tuple zip
""")
NAMESPACES: dict[str, frozenset[str]] = {
    "jnp": JNP_FUNCTIONS | JNP_CONSTANTS | {"linalg"},
    "lax": LAX_FUNCTIONS,
    "rl": frozenset(HELPERS),
    "state": frozenset(STATE_METHODS),
}
ATTRIBUTES: frozenset[str] = (
    frozenset().union(*NAMESPACES.values()) | ARRAY_ATTRIBUTES | LINALG_FUNCTIONS
)

MAX_SOURCE = 20_000
MAX_NODES = 4_000
MAX_TERMS = 32
MAX_RANGE = 128
