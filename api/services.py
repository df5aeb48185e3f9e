"""What an app consists of: of each class one object."""

from typing import Any, TypeVar

from flask import Flask, current_app

Part = TypeVar("Part")

_NAME = "analytics"


class Parts:
    """An app's own, by their classes."""

    def __init__(self) -> None:
        self._parts: dict[type, Any] = {}

    def add(self, part: Part) -> Part:
        self._parts[type(part)] = part
        return part

    def __getitem__(self, kind: type[Part]) -> Part:
        return self._parts[kind]


def services(app: Flask) -> Parts:
    """Those of the app."""
    return app.extensions.setdefault(_NAME, Parts())


def service(kind: type[Part]) -> Part:
    """The one of the app that handles this request."""
    return services(current_app)[kind]
