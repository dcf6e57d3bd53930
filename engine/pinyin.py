"""Chinese names as Latin letters: to sort lists by and to type ahead with."""

from __future__ import annotations

from pypinyin import Style, lazy_pinyin

LIMIT = 255

# Characters that are read otherwise when they are a surname.
_READINGS = """
单 shan 曾 zeng 解 xie 仇 qiu 区 ou 查 zha 盖 ge 朴 piao 翟 zhai 缪 miao 覃 qin 乐 yue 种 chong 洗 xian 员 yun 秘 bi
折 she 黑 he 那 na 牟 mu 郇 xun 祭 zhai 召 shao 句 gou 繁 po 卜 bu 隗 wei 佴 nai 阚 kan 莘 shen 藏 zang
"""
_SURNAMES = dict(zip(_READINGS.split()[::2], _READINGS.split()[1::2], strict=True))
# Surnames of two characters, which the reader of words knows by itself: their first one is no surname of its own.
_DOUBLE = frozenset({"单于", "尉迟", "万俟", "长孙", "澹台"})


def sort_key(name: str) -> str:
    """Syllables with spaces between them: ``qu wei ban``; what is not Chinese stays, in small letters."""
    return _joined(lazy_pinyin(name))


def person_sort_key(name: str) -> str:
    """The same for a person, whose surname may have a reading of its own: 区 is ``ou``."""
    return _joined(_of_person(name))


def initials(key: str) -> str:
    """The first letters of a sort key, as people type them: ``qwb``."""
    return "".join(syllable[0] for syllable in key.split())


def _of_person(name: str) -> list[str]:
    syllables: list[str] = lazy_pinyin(name, style=Style.NORMAL)
    if len(name) > 1 and name[:2] not in _DOUBLE and name[0] in _SURNAMES:
        return [_SURNAMES[name[0]], *lazy_pinyin(name[1:])]
    return syllables


def _joined(syllables: list[str]) -> str:
    return " ".join(" ".join(syllables).lower().split())[:LIMIT]
