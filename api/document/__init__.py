"""What a client's author reads: the OpenAPI document with its examples, and its pages."""
