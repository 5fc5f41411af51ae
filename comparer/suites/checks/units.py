"""Units of measurement that a number may carry, in the ways in which English and Chinese write them.

The factors are SciPy's (CODATA and the SI); only units of one dimension convert into each other. Celsius and
Fahrenheit differ by an offset, and money by a rate, so these convert into nothing.
"""

from dataclasses import dataclass
from functools import cache
from unicodedata import normalize


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as its dimension and its size in that dimension's SI unit."""

    dimension: str
    factor: float = 1.0


def unit_of(name: str) -> Unit:
    """The unit called `name`; one nobody knows is a dimension of its own. Case counts only where it must (mW, MW)."""
    spelt = normalize("NFKC", name).strip()
    known = units()
    if spelt in known:
        return known[spelt]
    alike = {unit for other, unit in known.items() if other.casefold() == spelt.casefold()}
    return alike.pop() if len(alike) == 1 else Unit(spelt.casefold())


@cache
def units() -> dict[str, Unit]:
    """All known names, each with its unit."""
    return {
        normalize("NFKC", name): Unit(dimension, factor)
        for dimension, names, factor in _definitions()
        for name in names.split()
    }


def _definitions() -> tuple[tuple[str, str, float], ...]:
    """Dimension, names, factor."""
    from scipy import constants as c

    return (
        ("mass", "mg 毫克", c.milli * c.gram),
        ("mass", "g gram grams 克", c.gram),
        ("mass", "kg kilogram kilograms 千克 公斤", c.kilo * c.gram),
        ("mass", "t tonne tonnes 吨", c.metric_ton),
        ("mass", "lb lbs pound pounds 磅", c.pound),
        ("mass", "oz ounce ounces 盎司", c.ounce),
        ("length", "μm 微米", c.micro),
        ("length", "mm millimetre millimetres millimeter millimeters 毫米", c.milli),
        ("length", "cm centimetre centimetres centimeter centimeters 厘米", c.centi),
        ("length", "m metre metres meter meters 米", 1.0),
        ("length", "km kilometre kilometres kilometer kilometers 千米 公里", c.kilo),
        ("length", "inch inches 英寸", c.inch),
        ("length", "ft foot feet 英尺", c.foot),
        ("time", "ms 毫秒", c.milli),
        ("time", "s sec second seconds 秒 秒钟", 1.0),
        ("time", "min minute minutes 分钟", c.minute),
        ("time", "h hr hour hours 小时", c.hour),
        ("time", "day days 天 日", c.day),
        ("volume", "ml millilitre millilitres milliliter milliliters 毫升", c.milli * c.liter),
        ("volume", "l L litre litres liter liters 升", c.liter),
        ("volume", "m3 立方米", 1.0),
        ("voltage", "mV 毫伏", c.milli),
        ("voltage", "V volt volts 伏 伏特", 1.0),
        ("voltage", "kV 千伏", c.kilo),
        ("current", "mA 毫安", c.milli),
        ("current", "A amp amps ampere amperes 安 安培", 1.0),
        ("power", "mW 毫瓦", c.milli),
        ("power", "W watt watts 瓦", 1.0),
        ("power", "kW 千瓦", c.kilo),
        ("power", "MW 兆瓦", c.mega),
        ("energy", "J joule joules 焦 焦耳", 1.0),
        ("energy", "kWh 千瓦时 度电", c.kilo * c.hour),
        ("resistance", "Ω ohm ohms 欧 欧姆", 1.0),
        ("resistance", "kΩ 千欧", c.kilo),
        ("frequency", "Hz hertz 赫兹", 1.0),
        ("frequency", "kHz 千赫", c.kilo),
        ("frequency", "MHz 兆赫", c.mega),
        ("frequency", "GHz 吉赫", c.giga),
        ("pressure", "Pa 帕", 1.0),
        ("pressure", "kPa 千帕", c.kilo),
        ("pressure", "MPa 兆帕", c.mega),
        ("pressure", "bar bars 巴", c.bar),
        ("pressure", "psi", c.psi),
        ("ratio", "% percent", c.centi),
        ("ratio", "‰", c.milli),
        ("celsius", "°C ℃ celsius 摄氏度", 1.0),
        ("fahrenheit", "°F fahrenheit 华氏度", 1.0),
        ("angle", "° degree degrees 度", c.degree),
        ("yuan", "元 块 ¥ RMB CNY yuan 人民币", 1.0),
        ("dollar", "$ USD dollar dollars 美元", 1.0),
        ("euro", "€ EUR euro euros 欧元", 1.0),
    )
