"""`python -m api` prints the OpenAPI document: web/client makes its types of it."""

import sys
from dataclasses import replace

from apispec import APISpec
from flask import json

from api.app import create_app
from api.services import services
from shared.settings import load

# A database and a key are needed to serve, not to describe.
app = create_app(replace(load(), analytics_database_url="postgresql:///", jwt_secret_key="-" * 32))
sys.stdout.write(json.dumps(services(app)[APISpec].to_dict(), sort_keys=True) + "\n")
