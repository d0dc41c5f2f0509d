"""What the patterns of the models accept, in words: a pattern itself says little to who reads an error.

A text has no ". ": a message of several problems is divided there.
"""

from tillflow.fields import CODE, VISIBLE_LINE

_DECIMAL = 'a decimal number as text, such as "7.5"'
_LINE = "one line of text without control characters"

WORDS = {
    r"^\P{Cc}*$": _LINE,
    r"^\P{Cc}+$": _LINE,
    VISIBLE_LINE: "one line of text that is not blank",
    r"^(\P{Cc}|\n)*$": "text without control characters other than line feeds",
    r"^[^#\p{Cc}]+$": "one line of text without # and control characters",
    CODE: "1 to 64 of A-Z a-z 0-9 _.-, the first a letter or digit",
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$": "1 to 60 of A-Z a-z 0-9 _.-, the first a letter or digit",
    r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$": "1 to 64 of A-Z a-z 0-9 _ -, the first a letter or digit",
    r"^[A-Za-z0-9._-]*$": "text of A-Z a-z 0-9 _.-",
    r"^[A-Za-z0-9_.-]{1,80}$": "1 to 80 of A-Z a-z 0-9 _.-",
    r"^[A-Za-z0-9_-]{1,80}$": "1 to 80 of A-Z a-z 0-9 _ -",
    r"^[A-Za-z0-9_]{1,255}$": "1 to 255 of A-Z a-z 0-9 _",
    r"^[A-Za-z0-9]{1,64}$": "1 to 64 of A-Z a-z 0-9",
    r"^[A-Za-z][A-Za-z0-9_-]{2,254}$": "3 to 255 of A-Z a-z 0-9 _ -, the first a letter",
    r"^[a-z0-9][a-z0-9-]{0,31}$": "1 to 32 of a-z 0-9 -, the first a letter or digit",
    r"^card_[0-9]{1,4}$": "card_ and 1 to 4 digits, such as card_1",
    r"^[0-9]{4}$": "4 digits",
    r"^[0-9]{8,14}$": "8 to 14 digits",
    r"^2[0-9]$": "2 digits, from 20 to 29",
    r"^2[0-9]{12}$": "13 digits, the first a 2",
    "^[0-9A-Fa-f]*$": "hexadecimal digits",
    r"^[0-9]{1,3}(\.[0-9]{1,10})?$": _DECIMAL,
    r"^([0-9]{1,3}(\.[0-9]{1,10})?)?$": _DECIMAL,
    r"^[A-Z]{2}$": "a country of 2 capital letters, such as DE",
    r"^[A-Za-z]{3}$": "an ISO 4217 code such as EUR",
    r"^[A-Za-z0-9 -]*$": "text of A-Z a-z 0-9, spaces and -",
    r"^[A-Za-z0-9][A-Za-z0-9 -]*$": "text of A-Z a-z 0-9, spaces and -, the first a letter or digit",
    r"^[^@\s\p{Cc}]+@[^@\s\p{Cc}]+\.[^@\s\p{Cc}]+$": "an email address such as name@example.com",
    r"^\+?[0-9][0-9 ()/-]{4,24}$": "5 to 25 digits, spaces and ( ) / -, such as +49 30 123456",
    r"^[A-Z]{2}[A-Z0-9+*]{2,12}$": "2 capital letters, then 2 to 12 of A-Z 0-9 + *, such as DE123456789",
}
