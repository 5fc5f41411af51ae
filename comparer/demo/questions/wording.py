"""Phrasings of every question and answer in English and Chinese.

Every phrasing of a question has the same answer sentence. Slots are canonical words, put into the language by `say`.
"""

from __future__ import annotations

from comparer.demo.scenes.vocabulary import Language

OUTSIDE_ANSWER: dict[Language, str] = {
    "en": "This is outside what this demo model knows.",
    "zh": "这超出了本演示模型的知识范围。",
}

ABSENT_ANSWER: dict[Language, str] = {
    "en": "That is not in the picture.",
    "zh": "图中没有。",
}

QUESTIONS: dict[str, dict[Language, tuple[str, ...]]] = {
    "manual.name": {
        "en": ("What is part {n}?", "Which part is number {n}?", "What is the name of part {n}?"),
        "zh": ("{n}号零件是什么?", "{n}号是哪个零件?", "{n}号零件叫什么?"),
    },
    "manual.number": {
        "en": ("Which number is the {name}?", "What number does the {name} have?"),
        "zh": ("{name}是几号?", "{name}的编号是多少?"),
    },
    "manual.colour": {
        "en": ("What colour is the {name}?", "Which colour does the {name} have?"),
        "zh": ("{name}是什么颜色?", "{name}的颜色是什么?"),
    },
    "manual.colour_n": {"en": ("What colour is part {n}?",), "zh": ("{n}号零件是什么颜色?",)},
    "manual.shape": {
        "en": ("What shape is the {name}?", "Which shape does the {name} have?"),
        "zh": ("{name}是什么形状?", "{name}的形状是什么?"),
    },
    "manual.shape_n": {"en": ("What shape is part {n}?",), "zh": ("{n}号零件是什么形状?",)},
    "manual.weight": {
        "en": ("How heavy is the {name}?", "What does the {name} weigh?"),
        "zh": ("{name}有多重?", "{name}的重量是多少?"),
    },
    "manual.weight_n": {"en": ("How heavy is part {n}?",), "zh": ("{n}号零件有多重?",)},
    "manual.count": {
        "en": ("How many parts are shown?", "How many parts are on the page?"),
        "zh": ("有几个零件?", "页面上有几个零件?"),
    },
    "manual.heaviest": {
        "en": ("Which part is the heaviest?", "What is the heaviest part?"),
        "zh": ("哪个零件最重?", "最重的零件是什么?"),
    },
    "manual.lightest": {
        "en": ("Which part is the lightest?", "What is the lightest part?"),
        "zh": ("哪个零件最轻?", "最轻的零件是什么?"),
    },
    "manual.heavier": {
        "en": ("Is the {a} heavier than the {b}?", "Does the {a} weigh more than the {b}?"),
        "zh": ("{a}比{b}重吗?",),
    },
    "manual.lift": {
        "en": ("Which part needs two people, and why?", "Which part should two people carry, and why?"),
        "zh": ("哪个零件需要两个人搬，为什么?", "哪个零件要两人搬，为什么?"),
    },
    "manual.why": {"en": ("Why?", "Why is that?"), "zh": ("为什么?",)},
    "it.colour": {"en": ("What colour is it?", "And its colour?"), "zh": ("它是什么颜色?", "它的颜色呢?")},
    "it.shape": {"en": ("What shape is it?", "And its shape?"), "zh": ("它是什么形状?", "它的形状呢?")},
    "it.weight": {"en": ("How heavy is it?", "And its weight?"), "zh": ("它有多重?", "它的重量呢?")},
    "it.failures": {"en": ("How many failures does it have?", "How often?"), "zh": ("它有几次故障?", "多少次?")},
    "it.quantity": {"en": ("How many were ordered?", "And its quantity?"), "zh": ("订购了多少个?", "它的数量呢?")},
    "it.price": {"en": ("What does it cost?", "And its price?"), "zh": ("它多少钱?", "它的单价呢?")},
    "it.bar": {"en": ("What colour is its bar?",), "zh": ("它的柱子是什么颜色?",)},
    "and.name": {"en": ("And the {name}?", "What about the {name}?"), "zh": ("{name}呢?", "那{name}呢?")},
    "and.number": {"en": ("And part {n}?", "What about part {n}?"), "zh": ("{n}号呢?", "那{n}号零件呢?")},
    "and.next": {"en": ("And the next part?",), "zh": ("下一个零件呢?",)},
    "and.previous": {"en": ("And the part before it?",), "zh": ("前一个零件呢?",)},
    "and.after": {"en": ("And the one after it?", "And the next one?"), "zh": ("后面那个呢?", "下一个呢?")},
    "and.before": {"en": ("And the one before it?",), "zh": ("前面那个呢?",)},
    "and.lamp": {"en": ("And the {colour} lamp?",), "zh": ("{colour}的灯呢?",)},
    "fault.value": {
        "en": ("How many failures does the {name} have?", "How often did the {name} fail?"),
        "zh": ("{name}有几次故障?", "{name}的故障次数是多少?"),
    },
    "fault.colour": {
        "en": ("What colour is the {name} bar?", "Which colour has the bar of the {name}?"),
        "zh": ("{name}的柱子是什么颜色?",),
    },
    "fault.lamp": {
        "en": ("Is the {colour} lamp on?", "Is the {colour} warning lamp on?"),
        "zh": ("{colour}的灯亮着吗?", "{colour}警示灯亮了吗?"),
    },
    "fault.trend": {
        "en": ("Is the trend rising, falling or flat?", "What is the trend?"),
        "zh": ("趋势是上升、下降还是平稳?", "趋势如何?"),
    },
    "fault.count": {
        "en": ("How many parts are in the chart?", "How many bars are there?"),
        "zh": ("图中有几个零件?", "有几根柱子?"),
    },
    "fault.most": {
        "en": ("Which part fails most?", "Which part has the most failures?"),
        "zh": ("哪个零件故障最多?", "故障最多的是哪个零件?"),
    },
    "fault.least": {
        "en": ("Which part fails least?", "Which part has the fewest failures?"),
        "zh": ("哪个零件故障最少?", "故障最少的是哪个零件?"),
    },
    "fault.more": {
        "en": ("Does the {a} fail more than the {b}?", "Is the {a} worse than the {b}?"),
        "zh": ("{a}的故障比{b}多吗?",),
    },
    "fault.lamps": {"en": ("How many lamps are on?",), "zh": ("亮着几盏灯?",)},
    "fault.first": {
        "en": ("Which part should be ordered first, and why?", "Which part should we repair first, and why?"),
        "zh": ("应该先订购哪个零件，为什么?", "应该先修哪个零件，为什么?"),
    },
    "fault.change": {
        "en": ("Is the trend rising, and by about how much?", "By how much does the trend change?"),
        "zh": ("趋势在上升吗，大约多少?", "趋势变化了多少?"),
    },
    "fault.stop": {
        "en": ("Must the machine be stopped?", "Should we stop the machine?"),
        "zh": ("需要停机吗?", "机器要停下来吗?"),
    },
    "fault.difference": {
        "en": ("How far apart are the {a} and the {b}?", "What is the difference of the {a} and the {b}?"),
        "zh": ("{a}和{b}相差多少?",),
    },
    "and.difference": {
        "en": ("What is the difference?", "How big is the difference?"),
        "zh": ("相差多少?", "差多少?"),
    },
    "recall": {
        "en": ("Which part did I ask about first?", "What was the first part I asked about?"),
        "zh": ("我最先问的是哪个零件?", "我一开始问的是什么零件?"),
    },
    "service.items": {
        "en": ("What was ordered?", "Which items were ordered?"),
        "zh": ("订购了什么?", "订了哪些商品?"),
    },
    "service.count": {
        "en": ("How many items are on the order?", "How many lines does the order have?"),
        "zh": ("订单有几种商品?", "订单上有几行?"),
    },
    "service.quantity": {
        "en": ("How many of the {name} were ordered?", "What is the quantity of the {name}?"),
        "zh": ("订购了多少个{name}?", "{name}的数量是多少?"),
    },
    "service.price": {
        "en": ("What does one {name} cost?", "What is the price of the {name}?"),
        "zh": ("一个{name}多少钱?", "{name}的单价是多少?"),
    },
    "service.more": {
        "en": ("Is the quantity of the {name} above {limit}?", "Were more than {limit} of the {name} ordered?"),
        "zh": ("{name}的数量超过{limit}吗?", "{name}订购了超过{limit}个吗?"),
    },
    "service.dearest": {
        "en": ("Which item is the dearest?", "Which item costs most?"),
        "zh": ("哪种商品最贵?", "最贵的是什么?"),
    },
    "service.cheapest": {
        "en": ("Which item is the cheapest?", "Which item costs least?"),
        "zh": ("哪种商品最便宜?", "最便宜的是什么?"),
    },
    "service.dearer": {
        "en": ("Is the {a} dearer than the {b}?", "Does the {a} cost more than the {b}?"),
        "zh": ("{a}比{b}贵吗?",),
    },
    "service.call": {
        "en": ("Should we call the customer, and why?", "Does the customer need a call, and why?"),
        "zh": ("需要联系客户吗，为什么?", "要给客户打电话吗，为什么?"),
    },
    "service.status": {
        "en": ("What is the status of the order?", "Which status has the order?"),
        "zh": ("订单状态是什么?", "订单现在什么状态?"),
    },
    "service.number": {
        "en": ("What is the order number?", "Which order is this?"),
        "zh": ("订单号是多少?", "这是几号订单?"),
    },
    "service.ordered": {
        "en": ("When was it ordered?", "What is the order date?"),
        "zh": ("什么时候下单的?", "下单日期是哪天?"),
    },
    "service.due": {
        "en": ("When is it due?", "What is the due date?"),
        "zh": ("什么时候到期?", "交货日期是哪天?"),
    },
    "service.way": {
        "en": ("Is the order on its way?", "Has it left the warehouse?"),
        "zh": ("订单已经在路上了吗?", "货已经发出了吗?"),
    },
    "service.days": {
        "en": ("How many days from the order to the due date?", "How many days are between the two dates?"),
        "zh": ("从下单到交货有几天?", "两个日期相差几天?"),
    },
    "and.items": {"en": ("And the items?",), "zh": ("商品呢?",)},
    "and.status": {"en": ("And the status?",), "zh": ("状态呢?",)},
    "and.order": {"en": ("And the order number?",), "zh": ("订单号呢?",)},
    "and.ordered": {"en": ("And when was it ordered?",), "zh": ("下单日期呢?",)},
    "and.due": {"en": ("And when is it due?",), "zh": ("交货日期呢?",)},
}

ANSWERS: dict[str, dict[Language, str]] = {
    "manual.name": {"en": "Part {n} is the {name}.", "zh": "{n}号是{name}。"},
    "manual.number": {"en": "The {name} is part {n}.", "zh": "{name}是{n}号。"},
    "manual.colour": {"en": "The {name} is {colour}.", "zh": "{name}是{colour}。"},
    "manual.shape": {"en": "The {name} is a {shape}.", "zh": "{name}是{shape}。"},
    "manual.weight": {"en": "The {name} weighs {weight} g.", "zh": "{name}重{weight}克。"},
    "manual.count": {"en": "There are {count} parts.", "zh": "有{count}个零件。"},
    "manual.heaviest": {"en": "The {name} is the heaviest.", "zh": "{name}最重。"},
    "manual.lightest": {"en": "The {name} is the lightest.", "zh": "{name}最轻。"},
    "fault.value": {"en": "The {name} has {failures} failures.", "zh": "{name}有{failures}次故障。"},
    "fault.colour": {"en": "The {name} bar is {colour}.", "zh": "{name}的柱子是{colour}。"},
    "fault.lamp.yes": {"en": "Yes, the {colour} lamp is on.", "zh": "是的，{colour}的灯亮着。"},
    "fault.lamp.no": {"en": "No, the {colour} lamp is off.", "zh": "不是，{colour}的灯没亮。"},
    "fault.trend": {"en": "The trend is {trend}.", "zh": "趋势是{trend}。"},
    "fault.count": {"en": "There are {count} parts.", "zh": "有{count}个零件。"},
    "fault.most": {"en": "The {name} fails most.", "zh": "{name}故障最多。"},
    "fault.least": {"en": "The {name} fails least.", "zh": "{name}故障最少。"},
    "fault.lamps": {"en": "Lamps on: {count}.", "zh": "亮着{count}盏灯。"},
    "fault.first": {
        "en": "The {name}, because it fails most: {failures} times.",
        "zh": "{name}，因为它故障最多：{failures}次。",
    },
    "service.status": {"en": "The order is {status}.", "zh": "订单{status}。"},
    "service.number": {"en": "It is order {number}.", "zh": "订单号是{number}。"},
    "service.ordered": {"en": "It was ordered on {ordered} {month}.", "zh": "下单日期是{month}{ordered}日。"},
    "service.due": {"en": "It is due on {due} {month}.", "zh": "交货日期是{month}{due}日。"},
    "manual.heavier.yes": {
        "en": "The {a} weighs {x} g and the {b} {y} g, so yes.",
        "zh": "{a}重{x}克，{b}重{y}克，是的。",
    },
    "manual.heavier.no": {
        "en": "The {a} weighs {x} g and the {b} {y} g, so no.",
        "zh": "{a}重{x}克，{b}重{y}克，不是。",
    },
    "manual.lift": {
        "en": "The {name}, because it is the heaviest: {weight} g.",
        "zh": "{name}，因为它最重：{weight}克。",
    },
    "fault.more.yes": {
        "en": "The {a} fails {x} times and the {b} {y} times, so yes.",
        "zh": "{a}故障{x}次，{b}故障{y}次，是的。",
    },
    "fault.more.no": {
        "en": "The {a} fails {x} times and the {b} {y} times, so no.",
        "zh": "{a}故障{x}次，{b}故障{y}次，不是。",
    },
    "fault.change": {"en": "The trend is {trend} by about {change} %.", "zh": "趋势{trend}约{change}%。"},
    "fault.difference": {"en": "{high} minus {low} is {difference}.", "zh": "{high}减{low}等于{difference}。"},
    "recall": {"en": "You asked about the {name} first.", "zh": "您最先问的是{name}。"},
    "service.items.2": {"en": "The {a} and the {b}.", "zh": "{a}和{b}。"},
    "service.items.3": {"en": "The {a}, the {b} and the {c}.", "zh": "{a}、{b}和{c}。"},
    "service.count": {"en": "There are {count} items.", "zh": "有{count}种商品。"},
    "service.quantity": {"en": "The quantity of the {name} is {quantity}.", "zh": "{name}的数量是{quantity}。"},
    "service.price": {"en": "The {name} costs {price} dollars.", "zh": "{name}单价{price}美元。"},
    "service.more.yes": {"en": "The quantity is {quantity}, so yes.", "zh": "数量是{quantity}，是的。"},
    "service.more.no": {"en": "The quantity is {quantity}, so no.", "zh": "数量是{quantity}，不是。"},
    "service.dearest": {"en": "The {name} is the dearest.", "zh": "{name}最贵。"},
    "service.cheapest": {"en": "The {name} is the cheapest.", "zh": "{name}最便宜。"},
    "service.dearer.yes": {
        "en": "The {a} costs {x} dollars and the {b} {y} dollars, so yes.",
        "zh": "{a}单价{x}美元，{b}单价{y}美元，是的。",
    },
    "service.dearer.no": {
        "en": "The {a} costs {x} dollars and the {b} {y} dollars, so no.",
        "zh": "{a}单价{x}美元，{b}单价{y}美元，不是。",
    },
    "service.way.yes": {"en": "Yes, it is {status}.", "zh": "是的，订单{status}。"},
    "service.way.no": {"en": "No, it is {status}.", "zh": "不是，订单{status}。"},
    "service.call.yes": {"en": "Yes, because the order is {status}.", "zh": "是的，因为订单{status}。"},
    "service.call.no": {"en": "No, because the order is {status}.", "zh": "不是，因为订单{status}。"},
    "service.days": {
        "en": "From {ordered} to {due} {month} it is {days} days.",
        "zh": "从{month}{ordered}日到{due}日是{days}天。",
    },
}
