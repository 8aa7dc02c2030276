"""Lets the reference package use protobuf's fast implementation, upb.

The package wants protobuf 3.12, which is pure Python for every Python since 3.9. It runs on a current
protobuf just as well, if that gets messages of its own for the descriptors in the package.
"""

import ast
import importlib.util
import pathlib
import sys
import types


def use():
    """To be called before the reference package is imported."""
    sys.path.insert(0, str(pathlib.Path(sys.prefix) / "upb"))
    from google.protobuf.internal import api_implementation

    if api_implementation.Type() != "upb":
        raise RuntimeError(f"protobuf is {api_implementation.Type()}, upb is required")
    package = pathlib.Path(importlib.util.find_spec("metricq").origin).parent
    for name in ("datachunk_pb2", "history_pb2"):
        sys.modules[f"metricq.{name}"] = _messages(package / f"{name}.py")


def _messages(path):
    from google.protobuf import descriptor_pool
    from google.protobuf.internal import builder

    descriptor = descriptor_pool.Default().AddSerializedFile(_serialized_descriptor(path))
    module = types.ModuleType(f"metricq.{path.stem}")
    builder.BuildTopDescriptorsAndMessages(descriptor, module.__name__, vars(module))
    return module


def _serialized_descriptor(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.keyword) and node.arg == "serialized_pb":
            return ast.literal_eval(node.value)
    raise RuntimeError(f"{path} has no descriptor")
