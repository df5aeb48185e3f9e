"""Reading a metric file: the header of `sql/metric/NAME.sql`, and the SELECT below it.

The header is YAML in the comment that the file begins with; a mistake in it is named with its line.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, cast

import yaml
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate
from yaml.nodes import MappingNode, Node, SequenceNode

from shared import sqlfiles
from shared.errors import ConfigurationError
from shared.metrics.model import (
    ADMINS,
    CHARTS,
    GRAINS,
    READERS,
    STATES,
    TYPES,
    UNITS,
    Key,
    Measure,
    Metric,
    Parameter,
    Percentile,
    Said,
    Word,
)

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, where PyYAML has it: every command of ours reads all headers before anything else."""

_COUNTED = ("measures", "ratios", "percentiles", "labels", "generated")

_HEADER = re.compile(r"\A/\*\n(.*?)^\*/\n", re.DOTALL | re.MULTILINE)

_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}\Z")

_READ = re.compile(
    r"\bextract\(\w+\s+FROM\b|\b(?:FROM|JOIN)\s+([a-z][a-z0-9_]*)\b(?!\s*\.)", re.ASCII
)
"""What a SELECT reads; what is extracted from something is no table."""


class _Strict(Schema):
    error_messages = {"unknown": "is nothing that a header has."}  # noqa: RUF012 - marshmallow's

    class Meta:
        unknown = RAISE


def _said(**more: Any) -> Any:
    return fields.String(required=True, validate=validate.Length(1, 300), **more)


class _SaidSchema(_Strict):
    en = _said()
    ru = _said()

    @post_load
    def made(self, data: dict[str, Any], **_: object) -> Said:
        return Said(**data)


class _WordSchema(_Strict):
    en = _said()
    ru = _said()
    zh = _said()
    he = _said()

    @post_load
    def made(self, data: dict[str, Any], **_: object) -> Word:
        return Word(**data)


class _KeySchema(_Strict):
    en = _said()
    ru = _said()
    type = fields.String(load_default="text", validate=validate.OneOf(TYPES))
    apart = fields.Boolean(load_default=False)
    hidden = fields.Boolean(load_default=False)
    values = fields.Dict(fields.String(), fields.Nested(_WordSchema), load_default=dict)
    free = fields.Boolean(load_default=False)

    @post_load
    def made(self, data: dict[str, Any], **_: object) -> Key:
        said = Said(data.pop("en"), data.pop("ru"))
        key = Key(said, **data)
        is_said = bool(key.values) or key.free or key.apart
        if is_said != (key.type == "text"):
            sentence = "of text, and only then, it says its values, or that it is free."
            raise ValidationError(sentence, "type")
        return key


class _MeasureSchema(_Strict):
    en = _said()
    ru = _said()
    unit = fields.String(load_default="count", validate=validate.OneOf(UNITS))
    rolling = fields.Boolean(load_default=False)
    state = fields.String(load_default=None, validate=validate.OneOf(STATES))
    main = fields.Boolean(load_default=False)
    total = fields.Boolean(load_default=True)

    @post_load
    def made(self, data: dict[str, Any], **_: object) -> Measure:
        said = Said(data["en"], data["ru"])
        shape = {name: data[name] for name in ("rolling", "state", "total")}
        return Measure(said, data["unit"], data.get("is"), is_main=data["main"], **shape)


class _ParameterSchema(_Strict):
    en = _said()
    ru = _said()
    usual = fields.Raw(required=True)
    least = fields.Integer(load_default=0, strict=True)
    most = fields.Integer(load_default=0, strict=True)
    of = fields.List(fields.String(), load_default=list)

    @post_load
    def made(self, data: dict[str, Any], **_: object) -> Parameter:
        allowed = data["of"] or range(data["least"], data["most"] + 1)
        if data["usual"] not in allowed:
            raise ValidationError({"usual": ["must be one that may be asked for."]})
        said = Said(data["en"], data["ru"])
        of = tuple(data["of"])
        return Parameter(said, data["usual"], data["least"], data["most"], of)


class _ExpressionSchema(_MeasureSchema):
    # `is` is no name that a class body can give
    class Meta:
        unknown = RAISE
        include: ClassVar = {"is": fields.String(required=True)}


class _PercentileSchema(_MeasureSchema):
    percent = fields.Integer(required=True, strict=True, validate=validate.Range(1, 99))
    of = fields.String(required=True)

    @post_load
    def made(self, data: dict[str, Any], **_: object) -> Percentile:
        said = Said(data["en"], data["ru"])
        shape = {name: data[name] for name in ("total", "percent", "of")}
        return Percentile(said, data["unit"], **shape)


def _named(schema: type[Schema], **more: Any) -> Any:
    name = fields.String(validate=validate.Regexp(_NAME, error="is no name of a column."))
    return fields.Dict(name, fields.Nested(schema), **more)


class _HeaderSchema(_Strict):
    title = fields.Nested(_SaidSchema, required=True)
    meaning = fields.Nested(_SaidSchema, required=True)
    keys = _named(_KeySchema, required=True, validate=validate.Length(1))
    measures = _named(_MeasureSchema, required=True, validate=validate.Length(1))
    ratios = _named(_ExpressionSchema, load_default=dict)
    percentiles = _named(_PercentileSchema, load_default=dict)
    labels = _named(_MeasureSchema, load_default=dict)
    generated = _named(_ExpressionSchema, load_default=dict)
    readers = fields.String(
        load_default=ADMINS,
        validate=validate.OneOf(READERS, error=f"must be one of {', '.join(READERS)}."),
    )
    per = fields.String(load_default=None)
    near = fields.Dict(
        fields.String(),
        fields.Integer(strict=True, validate=validate.Range(1, 9)),
        load_default=dict,
    )
    coarser = fields.String(load_default=None)
    stored = fields.Boolean(load_default=True)
    listed = fields.Boolean(load_default=True)
    parameters = _named(_ParameterSchema, load_default=dict)
    by = fields.List(fields.String(), load_default=None)
    chart = fields.String(load_default="table", validate=validate.OneOf(CHARTS))
    grains = fields.List(fields.String(validate=validate.OneOf(GRAINS)), load_default=list)
    ttl = fields.Integer(load_default=600, strict=True, validate=validate.Range(1, 86400))


_SCHEMA = _HeaderSchema()
"""One for all files: to make it takes longer than to read a header by it."""


def load(path: Path) -> Metric:
    """The metric of a file; ConfigurationError names the line of the first mistake."""
    text = path.read_text()
    header = _HEADER.match(text)
    where = f"sql/metric/{path.name}"
    if not _NAME.match(path.stem):
        raise ConfigurationError(f"{where}: a metric's name has small letters, digits and _.")
    if header is None:
        raise ConfigurationError(
            f"{where}:1: a metric begins with its header, YAML between a line /* and a line */."
        )
    node, data = _parsed(header[1], where)
    try:
        said = cast("dict[str, Any]", _SCHEMA.load(cast("dict[str, Any]", data)))
        _check(said)
    except ValidationError as error:
        place, sentence = _first(cast("dict[str, Any]", error.normalized_messages()))
        line = _line(node, place)
        raise ConfigurationError(f"{where}:{line}: {'.'.join(place)}: {sentence}") from None
    by = said.pop("by")
    select = text[header.end() :].rstrip().removesuffix(";")
    line = header[0].count("\n") + 1
    return Metric(
        name=path.stem,
        select=select,
        line=line,
        reads=_reads(select, line, "metric"),
        journals=tuple(_reads(select, line, "journal")),
        lines={
            name: _line(node, [part, name]) for part in ("keys", *_COUNTED) for name in said[part]
        }
        | {name: _line(node, [name]) for name in ("per", "near", "coarser")},
        by=_usual_grouping(said["keys"]) if by is None else tuple(by),
        is_stored=said.pop("stored"),
        is_listed=said.pop("listed"),
        grains=tuple(said.pop("grains")),
        **said,
    )


def _parsed(header: str, where: str) -> tuple[Node, object]:
    loader = _LOADER(header)
    try:
        node = loader.get_single_node()
        data: object = loader.construct_document(node) if node else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 2 if mark else 2
        raise ConfigurationError(
            f"{where}:{line}: the header is no YAML: {error.problem}"
        ) from None
    if not isinstance(node, MappingNode):
        raise ConfigurationError(f"{where}:2: the header names title, meaning, keys and measures.")
    return node, data


def _check(said: Mapping[str, Any]) -> None:
    keys: Mapping[str, Key] = said["keys"]
    if sum(key.is_date for key in keys.values()) > 1:
        raise ValidationError({"keys": ["only one of them can be a date."]})
    if said["readers"] != ADMINS and said["readers"] not in keys:
        raise ValidationError({"readers": ["is none of the keys."]})
    if said["parameters"] and said["stored"]:
        raise ValidationError({"parameters": ["go with stored: false."]})
    if said["grains"] and (said["labels"] or "day" not in keys or keys["day"].type != "day"):
        raise ValidationError({"grains": ["are of a metric without labels whose date is `day`."]})
    _check_states(said)
    for name in said["by"] or ():
        if name not in keys or keys[name].hidden:
            raise ValidationError({"by": [f"{name} is none of the keys."]})
    _check_percentiles(said)
    seen = set(keys)
    for part in _COUNTED:
        for name in said[part]:
            if name in seen:
                raise ValidationError({part: {name: ["stands in the header twice."]}})
            seen.add(name)


def _check_states(said: Mapping[str, Any]) -> None:
    fits = not said["stored"] and any(
        key.type in {"week", "month"} for key in said["keys"].values()
    )
    for name, measure in said["measures"].items():
        if measure.state and not fits:
            wrong = "goes with stored: false and a date that is a week or a month."
            raise ValidationError({"measures": {name: {"state": [wrong]}}})


def _check_percentiles(said: Mapping[str, Any]) -> None:
    hidden = [name for name, key in said["keys"].items() if key.hidden]
    for name in hidden[1:]:
        raise ValidationError({"keys": {name: ["only one of them can be hidden."]}})
    for name in hidden:
        if said["keys"][name].type != "integer":
            raise ValidationError({"keys": {name: ["is hidden, and no integer."]}})
    for name, percentile in said["percentiles"].items():
        if not hidden:
            raise ValidationError({"percentiles": {name: ["is of a hidden key: there is none."]}})
        if percentile.of not in said["measures"]:
            wrong = f"{percentile.of} is none of the measures."
            raise ValidationError({"percentiles": {name: {"of": [wrong]}}})


def _reads(select: str, line: int, folder: str) -> dict[str, int]:
    """What of a folder it reads, each with its line."""
    others = sqlfiles.names(folder)
    found = {
        match[1]: line + select.count("\n", 0, match.start(1))
        for match in _READ.finditer(select)
        if match[1]
    }
    return {name: place for name, place in found.items() if name in others}


def _usual_grouping(keys: Mapping[str, Key]) -> tuple[str, ...]:
    """By the date where there is one, or else by everything; currencies are told apart."""
    dates = tuple(name for name, key in keys.items() if key.is_date)
    return dates or tuple(name for name, key in keys.items() if not key.hidden)


def _first(messages: Mapping[str, Any]) -> tuple[list[str], str]:
    """Where the first mistake is, and what it is."""
    place: list[str] = []
    found: Any = messages
    while isinstance(found, dict):
        name, found = next(iter(cast("dict[str, Any]", found).items()))
        # marshmallow's words for the two halves of an item of a dictionary
        if name not in {"key", "value"}:
            place.append(str(name))
    return place, str(cast("list[object]", found)[0]) if isinstance(found, list) else str(found)


def _line(node: Node, place: list[str]) -> int:
    """Of the file, of the deepest part of the place that is there."""
    line = node.start_mark.line
    for name in place:
        found = _item(node, name)
        if found is None:
            break
        key, node = found
        line = key.start_mark.line
    return line + 2


def _item(node: Node, name: str) -> tuple[Node, Node] | None:
    if isinstance(node, SequenceNode):
        items = cast("list[Node]", node.value)
        item = items[int(name)] if name.isdigit() and int(name) < len(items) else None
        return (item, item) if item else None
    pairs = cast("list[tuple[Node, Node]]", node.value) if isinstance(node, MappingNode) else []
    return next((pair for pair in pairs if pair[0].value == name), None)
