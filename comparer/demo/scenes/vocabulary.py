"""The closed words of the demo world, in English (canonical) and Chinese, and the colours they are drawn in.

Pictures carry the English words only; questions and answers use either language.
"""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, Language] = ("en", "zh")

RGB = tuple[int, int, int]

COLOUR_VALUES: dict[str, RGB] = {
    "red": (214, 45, 48),
    "blue": (37, 99, 205),
    "green": (46, 148, 72),
    "orange": (240, 146, 28),
    "purple": (130, 74, 178),
    "grey": (118, 122, 128),
}
COLOURS = tuple(COLOUR_VALUES)
PARTS = ("fan", "pump", "belt", "motor", "valve", "sensor", "gear", "filter")
SHAPES = ("circle", "square", "triangle")
STATUSES = ("open", "packed", "shipped", "late")
MONTHS = ("Jan", "Mar", "May", "Jul", "Sep", "Nov")
TRENDS = ("rising", "falling", "flat")
CHANGES = (20, 40)
"""By how many percent a trend rises or falls."""
LAMPS = ("red", "orange", "green")

CHINESE: dict[str, str] = {
    "red": "红色",
    "blue": "蓝色",
    "green": "绿色",
    "orange": "橙色",
    "purple": "紫色",
    "grey": "灰色",
    "fan": "风扇",
    "pump": "水泵",
    "belt": "皮带",
    "motor": "电机",
    "valve": "阀门",
    "sensor": "传感器",
    "gear": "齿轮",
    "filter": "滤芯",
    "circle": "圆形",
    "square": "方形",
    "triangle": "三角形",
    "open": "未处理",
    "packed": "已打包",
    "shipped": "已发货",
    "late": "延误",
    "Jan": "一月",
    "Mar": "三月",
    "May": "五月",
    "Jul": "七月",
    "Sep": "九月",
    "Nov": "十一月",
    "rising": "上升",
    "falling": "下降",
    "flat": "平稳",
}
CLOSED_WORDS = (*COLOURS, *PARTS, *SHAPES, *STATUSES, *MONTHS, *TRENDS)


def say(word: str, language: Language) -> str:
    """A canonical word or number as it is written in `language`; what has no translation stays as it is."""
    return CHINESE.get(word, word) if language == "zh" else word
