"""What the minor units of `payments.amount` are worth, currency by currency."""

import re
from decimal import Decimal

from iso4217 import Currency

from shared.errors import ConfigurationError

ISO4217 = "iso4217"

OTHER = "XXX"
"""ISO 4217's "no currency": also for every code that the standard does not list."""

USUAL_DIGITS = 2


def units(setting: str) -> dict[str, Decimal]:
    """What a minor unit is worth: 0.01 for RUB, 1 for JPY; OTHER stands for all that are missing.

    Raises ConfigurationError for a setting that can't be read.
    """
    standard = {currency.code: currency.exponent for currency in Currency}
    digits = {code: USUAL_DIGITS if known is None else known for code, known in standard.items()}
    if re.fullmatch("[0-9]+", setting):
        digits = dict.fromkeys(digits, _digits(setting, setting))
    elif setting != ISO4217:
        named = set[str]()
        for entry in setting.split(","):
            code, _, number = entry.strip().partition("=")
            if not re.fullmatch("[A-Z]{3}", code) or code in named:
                raise _unreadable(setting)
            named.add(code)
            digits[code] = _digits(number.strip(), setting)
    return {code: Decimal(1).scaleb(-places) for code, places in digits.items()}


def _digits(number: str, setting: str) -> int:
    """Of a number of digits (0, 2, 3), or of how many minor units make one unit (1, 10, 100)."""
    if re.fullmatch("10{0,9}", number):
        return len(number) - 1
    if re.fullmatch("[0-9]", number):
        return int(number)
    raise _unreadable(setting)


def _unreadable(setting: str) -> ConfigurationError:
    return ConfigurationError(
        f"ANALYTICS_MINOR_UNITS={setting!r} can't be read: write iso4217, a number for all "
        "currencies (the digits after the point, like 2, or how many make one unit, like 100), or "
        "a list like JPY=0,KWD=3 for some, each once."
    )
