"""Reads a whole StableHLO module and says whether it may be run. It runs nothing of it.

Calls are followed with what is known of their arguments, so that work and operations are counted
as often as they would be executed, and a shape stays known through a function.
"""

from __future__ import annotations

from dataclasses import dataclass

from jax.extend.mlir import ir
from jax.extend.mlir.dialects import func

from tabrl.rewards.limits import MAX_CALL_DEPTH, MAX_CONSTANT_BYTES, MAX_OPERATIONS, MAX_WORK
from tabrl.sim.reward.dimensions import Known, N, RefusedModule, Shape, Sizes, shape_of
from tabrl.sim.reward.operations import ATTRIBUTES, RULES, attribute, constant, sizes_out, work

_MODULE_ATTRIBUTES = {
    "sym_name",
    "jax.uses_shape_polymorphism",
    "mhlo.num_partitions",
    "mhlo.num_replicas",
}
_ONE = ("mhlo.num_partitions", "mhlo.num_replicas")
# What JAX writes beside arguments and results. Read by the compiler's driver, and nothing else is.
_ARGUMENT_ATTRIBUTES = {"jax.global_constant", "jax.arg_info"}
_RESULT_ATTRIBUTES = {"jax.result_info"}
_ASSERTION_ATTRIBUTES = {"api_version", "call_target_name", "error_message", "has_side_effect"}
_PLATFORM_INDEX = "_platform_index"
_CALLERS = ("func.call", "stablehlo.case")  # what they give is checked where it is made
_HANDED_ON = (_PLATFORM_INDEX, "n")


@dataclass(frozen=True)
class Signature:
    """What `main` must take and give, apart from the platform's index: shapes in order."""

    arguments: tuple[Shape, ...]
    results: tuple[Shape, ...]


class ModuleReader:
    """Checks one module. Raises `RefusedModule` at the first rule that is broken."""

    def __init__(self, module: ir.Module) -> None:
        self._module = module
        self._functions: dict[str, func.FuncOp] = {}
        self._operations = 0
        self._work = 0
        self._times = 1  # how often what is being read is run, a step
        self._constants = 0
        self._called: set[str] = set()

    def check(self, signature: Signature) -> None:
        """Everything: the module's frame, the signature of `main`, every operation it reaches."""
        self._frame()
        main = self._functions.get("main")
        if main is None or _visibility(main) != "public":
            raise RefusedModule("there is no public main")
        takes = _function_type(main).inputs
        arguments = [shape_of(kind) for kind in takes]
        index = Shape((), "i32")
        if arguments[:1] == [index]:
            arguments = arguments[1:]
        if tuple(arguments) != signature.arguments:
            raise RefusedModule("the arguments are not the rollout's")
        if tuple(shape_of(kind) for kind in _function_type(main).results) != signature.results:
            raise RefusedModule("the results are not one column for each term")
        self._call("main", [None] * len(takes), ())
        if self._functions.keys() - self._called:
            raise RefusedModule("a function is never called")

    def _frame(self) -> None:
        operation = self._module.operation
        for name in _names(operation.attributes):
            if name not in _MODULE_ATTRIBUTES:
                raise RefusedModule("the module has an attribute that is not on the list")
            if name in _ONE and ir.IntegerAttr(operation.attributes[name]).value != 1:
                raise RefusedModule("the module is made for several devices")
        for function in self._module.body.operations:
            if not isinstance(function, func.FuncOp):
                raise RefusedModule("the module holds more than functions")
            _check_attributes(function.operation)
            name = ir.StringAttr(function.attributes["sym_name"]).value
            self._functions[name] = function
            self._function_attributes(function, name)
        self._reachable_or_not()

    def _function_attributes(self, function: func.FuncOp, name: str) -> None:
        for which, allowed in (
            ("arg_attrs", _ARGUMENT_ATTRIBUTES),
            ("res_attrs", _RESULT_ATTRIBUTES),
        ):
            if which not in function.attributes:
                continue
            for position, attributes in enumerate(ir.ArrayAttr(function.attributes[which])):
                attributes = ir.DictAttr(attributes)
                for key in _names(attributes):
                    if key not in allowed:
                        raise RefusedModule("a function's attribute is not on the list")
                    if key == "jax.global_constant":
                        _check_global(attributes[key], name == "main", position)
        if len(function.regions[0].blocks) != 1:
            raise RefusedModule("a function has no body, or several blocks")
        if name != "main" and _visibility(function) != "private":
            raise RefusedModule("there is more than one public function")

    def _reachable_or_not(self) -> None:
        """Names of all operations, also of those in functions that nobody calls."""

        found: list[ir.Operation] = []

        def visit(operation: ir.Operation) -> ir.WalkResult:
            found.append(operation)
            return ir.WalkResult.ADVANCE

        self._module.operation.walk(visit)
        for operation in found:
            if operation.name != "builtin.module":
                _check_attributes(operation)

    def _call(
        self, name: str, arguments: list[Sizes | None], stack: tuple[str, ...]
    ) -> list[Sizes | None]:
        if name in stack or len(stack) >= MAX_CALL_DEPTH:
            raise RefusedModule("functions call each other in a circle or too deeply")
        if name not in self._functions:
            raise RefusedModule("a function is called that does not exist")
        self._called.add(name)
        block = self._functions[name].regions[0].blocks[0]
        known = Known()
        for argument, sizes in zip(block.arguments, arguments, strict=True):
            known.learn(argument, sizes)
        return self._block(block, known, (*stack, name))

    def _block(self, block: ir.Block, known: Known, stack: tuple[str, ...]) -> list[Sizes | None]:
        for argument in block.arguments:
            shape_of(argument.type)
        for view in block.operations:
            operation = view.operation
            self._operation(operation, known, stack)
            if operation.name in ("func.return", "stablehlo.return"):
                return [known.of(operand) for operand in operation.operands]
        raise RefusedModule("a block does not end")

    def _operation(self, operation: ir.Operation, known: Known, stack: tuple[str, ...]) -> None:
        name = operation.name
        taken = [shape_of(operand.type) for operand in operation.operands]
        made = [shape_of(result.type) for result in operation.results]
        steps = work(operation, taken, made)
        self._count(steps)
        rule = RULES.get(name)
        if rule is not None:
            rule(operation, known, taken, made)
        elif name not in _CALLERS and _has_batch(made) and not _has_batch(taken):
            raise RefusedModule(f"{name} makes the batch dimension up")
        if name == "stablehlo.constant":
            size, sizes = constant(operation)
            self._constants += size
            if self._constants > MAX_CONSTANT_BYTES:
                raise RefusedModule(f"more than {MAX_CONSTANT_BYTES} bytes of constants")
            known.learn(operation.results[0], sizes)
        elif name in ("func.call", "stablehlo.composite"):
            which = "callee" if name == "func.call" else "decomposition"
            callee = attribute(operation, which)
            if not isinstance(callee, ir.FlatSymbolRefAttr):
                raise RefusedModule("a call does not name a function")
            arguments = [known.of(operand) for operand in operation.operands]
            answers = self._call(callee.value, arguments, stack)
            for result, sizes in zip(operation.results, answers, strict=True):
                known.learn(result, sizes)
        else:
            if len(operation.results) == 1:
                known.learn(operation.results[0], sizes_out(operation, known))
            # What is between two numbers of a sum is done for every one of them.
            times, self._times = self._times, self._times * max(steps, 1)
            for region in operation.regions:
                if len(region.blocks) != 1:
                    raise RefusedModule("a region has no block, or several")
                self._block(region.blocks[0], known, stack)
            self._times = times

    def _count(self, steps: int) -> None:
        self._operations += 1
        self._work += steps * self._times
        if self._operations > MAX_OPERATIONS:
            raise RefusedModule(f"more than {MAX_OPERATIONS} operations, calls counted")
        if self._work > MAX_WORK:
            raise RefusedModule(f"more than {MAX_WORK} additions and multiplications a step")


def _has_batch(shapes: list[Shape]) -> bool:
    return any(N in shape.sizes for shape in shapes)


def _check_global(constant: ir.Attribute, in_main: bool, position: int) -> None:
    """The platform's index comes first in `main`; further in, N may be handed on by its name."""
    name = constant.value if isinstance(constant, ir.StringAttr) else None
    fits = (name, position) == (_PLATFORM_INDEX, 0) if in_main else name in _HANDED_ON
    if not fits:
        raise RefusedModule("a global constant is not on the list")


def drop_assertions(module: ir.Module) -> None:
    """Take out the custom calls that assert a shape. Any other custom call stays, to be refused."""
    found: list[ir.Operation] = []

    def visit(operation: ir.Operation) -> ir.WalkResult:
        if operation.name == "stablehlo.custom_call" and not len(operation.results):
            target = operation.attributes["call_target_name"]
            others = set(_names(operation.attributes)) - _ASSERTION_ATTRIBUTES
            asserts = isinstance(target, ir.StringAttr) and target.value == "shape_assertion"
            if asserts and not others:
                found.append(operation)
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    for operation in found:
        operation.erase()


def _check_attributes(operation: ir.Operation) -> None:
    allowed = ATTRIBUTES.get(operation.name)
    if allowed is None:
        # The name comes from the artifact, but a registered operation's is one of StableHLO's.
        raise RefusedModule(f"the operation {operation.name} is not on the list")
    for name in _names(operation.attributes):
        if name not in allowed:
            raise RefusedModule(f"{operation.name} has an attribute that is not on the list")


def _function_type(function: func.FuncOp) -> ir.FunctionType:
    return ir.FunctionType(ir.TypeAttr(function.attributes["function_type"]).value)


def _visibility(function: func.FuncOp) -> str:
    return ir.StringAttr(function.attributes["sym_visibility"]).value


def _names(attributes: ir.OpAttributeMap | ir.DictAttr) -> list[str]:
    """Names of an operation's attributes or of a dictionary attribute."""
    return [attributes[at].name for at in range(len(attributes))]
