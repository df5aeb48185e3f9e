"""The errors a person is meant to read."""


class ConfigurationError(Exception):
    """Bad configuration, a missing server, a wrong version: one sentence saying what to do.

    The command line prints the sentence and exits with 2.
    """


class ServerUnavailableError(ConfigurationError):
    """A server that doesn't answer now and may later; the API turns it into a 503."""
