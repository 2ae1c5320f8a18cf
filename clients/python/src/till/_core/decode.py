"""JSON members to the frozen values of `models`, by their annotations."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import functools
import types
import typing
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from ..errors import ProtocolError
from . import text

M = TypeVar("M")


@functools.cache
def _fields(model: Any) -> tuple[tuple[str, Callable[[Any], Any], bool], ...]:
    hints = typing.get_type_hints(model)
    return tuple((field.name, _reader(hints[field.name]), field.default is dataclasses.MISSING) for field in dataclasses.fields(model))


def _reader(hint: Any) -> Callable[[Any], Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        read = _reader(next(argument for argument in arguments if argument is not type(None)))
        return lambda value: None if value is None else read(value)
    if origin is tuple:
        item = _reader(arguments[0])
        return lambda value: tuple(item(member) for member in _checked(value, list))
    if hint is datetime.datetime:
        return lambda value: text.parse_instant(_checked(value, str))
    if hint is datetime.date:
        return lambda value: datetime.date.fromisoformat(_checked(value, str))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return functools.partial(decode, hint)
    if hint in (str, int, bool):
        return lambda value: _checked(value, hint)
    if hint is float:
        return lambda value: float(_checked(value, (int, Decimal)))
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return lambda value: types.MappingProxyType(_checked(value, dict))
    return lambda value: value


def _checked(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{value!r} is not of {kind}")
    return value


def decode(model: type[M], value: Any) -> M:
    """Raises ProtocolError where a member is missing or of another kind."""
    if not isinstance(value, Mapping):
        raise ProtocolError(f"the server's answer has {str(value)[:100]!r} where a {model.__name__} should be")
    members: dict[str, Any] = {}
    for name, read, is_required in _fields(typing.cast(typing.Hashable, model)):
        if name in value:
            try:
                members[name] = read(value[name])
            except (TypeError, ValueError) as fault:
                raise ProtocolError(f"the server's {model.__name__} has a {name} that cannot be read: {fault}") from fault
        elif is_required:
            raise ProtocolError(f"the server's {model.__name__} has no {name}")
    return model(**members)


# Values of SQL's types, whose names are those of `columns` in an answer.

def value_reader(type_name: str) -> Callable[[Any], Any]:
    """Reads a JSON value of that SQL type: exact numbers as Decimal, instants with their zone, bytes as bytes, lists as tuples, structs as dicts."""
    read, rest = _type(type_name)
    if rest.strip():
        raise ProtocolError(f"the type {type_name!r} cannot be read from {rest!r} on")
    return lambda value: None if value is None else read(value)


def _type(name: str) -> tuple[Callable[[Any], Any], str]:
    name = name.lstrip()
    if name.startswith("STRUCT("):
        members: dict[str, Callable[[Any], Any]] = {}
        rest = name[len("STRUCT("):].lstrip()
        while not rest.startswith(")"):
            member, rest = _quoted(rest)
            members[member], rest = _type(rest)
            rest = rest.lstrip()
            if rest.startswith(","):
                rest = rest[1:].lstrip()
            elif not rest.startswith(")"):
                raise ProtocolError(f"the type {name!r} has no end")
        read, rest = _struct(members), rest[1:]
    else:
        depth, end = 0, 0
        while end < len(name) and (depth or name[end] not in ",)["):
            depth += {"(": 1, ")": -1}.get(name[end], 0)
            end += 1
        read, rest = _scalar(name[:end].strip()), name[end:]
    while rest.startswith("[]"):
        read, rest = _list(read), rest[2:]
    return read, rest


def _quoted(rest: str) -> tuple[str, str]:
    if not rest.startswith('"'):
        raise ProtocolError(f"a struct's member must be quoted: {rest!r}")
    end = 1
    while True:
        end = rest.find('"', end)
        if end < 0:
            raise ProtocolError(f"a struct's member has no end: {rest!r}")
        if rest[end + 1:end + 2] != '"':
            return rest[1:end].replace('""', '"'), rest[end + 1:]
        end += 2


def _struct(members: Mapping[str, Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        return {name: None if member is None else members.get(name, _same)(member) for name, member in value.items()}
    return read


def _list(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: tuple(None if member is None else read(member) for member in value)


def _same(value: Any) -> Any:
    return value


def _scalar(name: str) -> Callable[[Any], Any]:
    base = name.split("(")[0].strip()
    if base in ("DECIMAL", "NUMERIC"):
        return Decimal
    if base in ("DOUBLE", "DOUBLE PRECISION", "REAL"):
        return float
    if base == "DATE":
        return _date
    if base in ("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"):
        return _instant
    if base in ("TIMESTAMP", "TIMESTAMP WITHOUT TIME ZONE"):
        return _naive
    if base == "BLOB":
        return base64.b64decode
    return _same


# A year past 9999 is a date in SQL and none in Python: such a value stays the text that it is.

def _date(value: str) -> Any:
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        return value


def _instant(value: str) -> Any:
    try:
        return text.parse_instant(value)
    except ValueError:
        return value


def _naive(value: str) -> Any:
    try:
        return datetime.datetime.fromisoformat(value)
    except ValueError:
        return value
