"""Reads the `.proto` files beside this module.

It knows the part of protobuf's language that they use: messages, enums, fields, `repeated`,
`optional` (proto2), `packed`, `oneof`, `map` and imports. So the wheel needs neither compiled
descriptors, which are longer and can't be read, nor a compiler.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)

TOKEN = re.compile(r'//[^\n]*|"[^"]*"|[\w.]+|[{}<>=;,\[\]]')
NUMBERS_AND_STRINGS = {
    name.removeprefix("TYPE_").lower(): number
    for name, number in FieldDescriptorProto.Type.items()
    if name not in ("TYPE_MESSAGE", "TYPE_ENUM", "TYPE_GROUP")
}


def parse(path: Path) -> Any:
    """The file's `FileDescriptorProto`."""
    tokens = (t for t in TOKEN.findall(path.read_text("utf-8")) if not t.startswith("//"))
    file = FileDescriptorProto(name=path.name)
    for token in tokens:
        if token == "message":
            _message(tokens, file.message_type.add())
        elif token == "enum":
            _enum(tokens, file.enum_type.add())
        elif token == "import":
            file.dependency.append(_statement(tokens)[0].strip('"'))
        elif token == "package":
            (file.package,) = _statement(tokens)
        else:  # syntax = "proto3"
            file.syntax = _statement(tokens)[1].strip('"')
    return file


def _statement(tokens: Iterator[str]) -> list[str]:
    """The tokens up to the next semicolon."""
    return list(iter(tokens.__next__, ";"))


def _enum(tokens: Iterator[str], enum: EnumDescriptorProto) -> None:
    enum.name, _ = next(tokens), next(tokens)
    for name in iter(tokens.__next__, "}"):
        _, number = _statement(tokens)
        enum.value.add(name=name, number=int(number))


def _message(tokens: Iterator[str], message: DescriptorProto) -> None:
    message.name, _ = next(tokens), next(tokens)
    for token in iter(tokens.__next__, "}"):
        if token == "message":
            _message(tokens, message.nested_type.add())
        elif token == "enum":
            _enum(tokens, message.enum_type.add())
        elif token == "map":
            _map(_statement(tokens), message)
        elif token == "oneof":
            message.oneof_decl.add(name=next(tokens))
            next(tokens)
            for type_name in iter(tokens.__next__, "}"):
                field = _field([type_name, *_statement(tokens)], message)
                field.oneof_index = len(message.oneof_decl) - 1
        elif token in ("repeated", "optional"):
            field = _field(_statement(tokens), message)
            field.label = FieldDescriptorProto.Label.Value(f"LABEL_{token.upper()}")
        else:
            _field([token, *_statement(tokens)], message)


def _field(statement: list[str], message: DescriptorProto) -> FieldDescriptorProto:
    type_name, name, _, number, *options = statement
    field = message.field.add(
        name=name, number=int(number), label=FieldDescriptorProto.LABEL_OPTIONAL
    )
    if type_name in NUMBERS_AND_STRINGS:
        field.type = NUMBERS_AND_STRINGS[type_name]
    else:
        # The pool determines whether this is a message or an enum.
        field.type_name = type_name
    if options:
        field.options.packed = options == ["[", "packed", "=", "true", "]"]
    return field


def _map(statement: list[str], message: DescriptorProto) -> None:
    """A map is a repeated message of a key and a value."""
    _, key, _, value, _, name, equals, number = statement
    entry = message.nested_type.add(name=f"{name.title().replace('_', '')}Entry")
    entry.options.map_entry = True
    _field([key, "key", "=", "1"], entry)
    _field([value, "value", "=", "2"], entry)
    field = _field([entry.name, name, equals, number], message)
    field.label = FieldDescriptorProto.LABEL_REPEATED
