"""What `analytics init` asks of both servers: one sentence each, and the sentence is true."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from ops import embedded
from ops.embedded import Postgres
from shared import database
from shared.database import connect
from shared.errors import ConfigurationError
from shared.settings import Settings
from tests.mentorhub import QUICK, analytics, ask, contents, is_mirrored, pair, tell
from tests.mentorhub import create_tables as create_mentorhub
from workers.definitions import MIRRORED
from workers.install import install
from workers.source import by_hand, published
