"""What a person sees as one character: Unicode grapheme clusters, which Terraform counts, cuts and reverses.

Comes in: text. Goes out: its clusters. Must not know: values, holes.

The rules of Unicode's UAX 29 that matter to text in infrastructure code: CR LF, combining marks, emoji sequences,
flags and Hangul. The few rules for prepended marks of Indic scripts are left out.
"""

from __future__ import annotations

import unicodedata

_JOINER = "\u200d"
_CONTROL = ("Cc", "Zl", "Zp")


def clusters(text: str) -> list[str]:
    """The grapheme clusters of `text`, in order."""
    if text.isascii():
        return list(text) if "\r\n" not in text else _ascii(text)
    found: list[str] = []
    for char in text:
        if found and _joins(found[-1], char):
            found[-1] += char
        else:
            found.append(char)
    return found


def _ascii(text: str) -> list[str]:
    found: list[str] = []
    for char in text:
        if char == "\n" and found and found[-1] == "\r":
            found[-1] = "\r\n"
        else:
            found.append(char)
    return found


def _joins(cluster: str, char: str) -> bool:
    last = cluster[-1]
    if char == "\n" and cluster == "\r":
        return True
    if unicodedata.category(last) in _CONTROL or unicodedata.category(char) in _CONTROL:
        return False
    if unicodedata.category(char) in ("Mn", "Me", "Mc") or char == _JOINER or _is_modifier(char):
        return True
    if last == _JOINER:
        return _is_pictograph(char) and any(_is_pictograph(part) for part in cluster)
    if _is_regional(char):
        return all(_is_regional(part) for part in cluster) and len(cluster) == 1
    return _hangul_joins(last, char)


def _is_modifier(char: str) -> bool:
    return "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f" or char == "\u200c"


def _is_pictograph(char: str) -> bool:
    return (
        "\U0001f000" <= char <= "\U0001faff" or "\u2190" <= char <= "\u2bff" or char in "\u00a9\u00ae\u203c\u2049\u2122"
    )


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _hangul_kind(char: str) -> str:
    if "\u1100" <= char <= "\u115f" or "\ua960" <= char <= "\ua97c":
        return "L"
    if "\u1160" <= char <= "\u11a7" or "\ud7b0" <= char <= "\ud7c6":
        return "V"
    if "\u11a8" <= char <= "\u11ff" or "\ud7cb" <= char <= "\ud7fb":
        return "T"
    if "\uac00" <= char <= "\ud7a3":
        return "LV" if (ord(char) - 0xAC00) % 28 == 0 else "LVT"
    return ""


_HANGUL = {"L": ("L", "V", "LV", "LVT"), "LV": ("V", "T"), "V": ("V", "T"), "LVT": ("T",), "T": ("T",)}


def _hangul_joins(last: str, char: str) -> bool:
    return _hangul_kind(char) in _HANGUL.get(_hangul_kind(last), ())
