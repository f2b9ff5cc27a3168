"""A GraphDef as something to walk: nodes by name, who consumes them, what a set of tensors needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any


def node_of(reference: str) -> str:
    """The node's name in an input or tensor name: 'x', 'x:1' and '^x' are all of node x."""
    return reference.lstrip("^").partition(":")[0]


def node_count(graph_def: Any) -> int:
    """Nodes of the graph and of the functions in its library."""
    return len(graph_def.node) + sum(len(function.node_def) for function in graph_def.library.function)


def functions_of(node: Any) -> Iterator[str]:
    """Names of the library functions that a node calls or hands on."""
    for value in node.attr.values():
        if value.HasField("func"):
            yield value.func.name
        for function in value.list.func:
            yield function.name


def needed(graph_def: Any, tensors: Iterable[str]) -> Any:
    """A copy with only what the tensors' nodes depend on, functions included."""
    nodes = {node.name: node for node in graph_def.node}
    kept: set[str] = set()
    waiting = [node_of(tensor) for tensor in tensors]
    while waiting:
        name = waiting.pop()
        if name in kept:
            continue
        kept.add(name)
        waiting += [node_of(reference) for reference in nodes[name].input]
    result = type(graph_def)(versions=graph_def.versions)
    result.node.extend(node for node in graph_def.node if node.name in kept)
    _keep_functions(graph_def, result)
    return result


def _keep_functions(source: Any, result: Any) -> None:
    library = {function.signature.name: function for function in source.library.function}
    gradients = {gradient.function_name: gradient for gradient in source.library.gradient}
    called: set[str] = set()
    waiting = [name for node in result.node for name in functions_of(node)]
    while waiting:
        name = waiting.pop()
        if name in called or name not in library:
            continue
        called.add(name)
        waiting += [inner for node in library[name].node_def for inner in functions_of(node)]
    result.library.function.extend(f for f in source.library.function if f.signature.name in called)
    result.library.gradient.extend(gradients[name] for name in sorted(called & gradients.keys()))


class Consumers:
    """Who takes each node's outputs, in the graph's main part; what is asked from outside is taken too."""

    def __init__(self, graph_def: Any, asked: Iterable[str] = ()):
        self._taken: dict[str, list[tuple[Any | None, str]]] = defaultdict(list)
        for node in graph_def.node:
            for reference in node.input:
                self._taken[node_of(reference)].append((node, reference))
        for reference in asked:
            self._taken[node_of(reference)].append((None, reference))

    def only(self, name: str) -> Any | None:
        """The node that alone takes output 0 of `name`, once; None if anything else depends on `name`."""
        found = self._taken.get(name, [])
        if len(found) != 1 or found[0][1] not in (name, f"{name}:0"):
            return None
        return found[0][0]

    def beyond_first(self, name: str) -> bool:
        """Whether any output of `name` but 0 is taken."""
        references = [reference for _, reference in self._taken.get(name, [])]
        return any(reference not in (name, f"{name}:0", f"^{name}") for reference in references)
