"""Questions that a visitor may type and no demo picture answers: about the model, the world, other pictures.

Half of them are for training, half are kept for the exam; what is asked in one half is asked in no other words in
the other.
"""

from __future__ import annotations

from random import Random

from comparer.demo.questions import OUTSIDE_ANSWER, Turn
from comparer.demo.scenes.vocabulary import Language

TRAINED: dict[Language, tuple[str, ...]] = {
    "en": (
        "Who are you?",
        "Who made you?",
        "What can you do?",
        "Hello!",
        "What is the weather like today?",
        "Will it rain tomorrow?",
        "Write a poem about autumn.",
        "What is the capital of France?",
        "What is 17 times 23?",
        "Translate 'good morning' into Spanish.",
        "Write a Python function that sorts a list.",
        "Is this a cat?",
        "What animal is in the picture?",
        "What is in the background?",
        "How many people can you see?",
        "Tell me a joke.",
        "How do I bake bread?",
        "What time is it?",
        "Who won the last World Cup?",
        "Can you recommend a good book?",
        "How tall is Mount Everest?",
    ),
    "zh": (
        "你是谁？",
        "你是哪家公司开发的？",
        "你会做什么？",
        "你好！",
        "今天天气怎么样？",
        "明天会下雨吗？",
        "写一首关于秋天的诗。",
        "法国的首都是哪里？",
        "17乘以23等于多少？",
        "把“早上好”翻译成英语。",
        "用Python写一个排序函数。",
        "这是一只猫吗？",
        "图里是什么动物？",
        "背景里有什么？",
        "图片里有几个人？",
        "讲个笑话吧。",
        "红烧肉怎么做？",
        "现在几点了？",
        "上一届世界杯冠军是谁？",
        "推荐一本好书。",
        "珠穆朗玛峰有多高？",
    ),
}

HELD_OUT: dict[Language, tuple[str, ...]] = {
    "en": (
        "Are you a human being?",
        "Do you dream at night?",
        "Why do birds sing in the morning?",
        "Summarise the plot of Hamlet.",
        "Which river flows through London?",
        "Solve the equation x + 5 = 12.",
        "Please write an e-mail to my landlord.",
        "How does a nuclear reactor work?",
        "Which car is parked outside?",
        "Where was this photograph taken?",
        "Is the woman smiling?",
        "Describe the mood of this painting.",
        "What should I cook tonight?",
        "My head hurts, which medicine helps?",
        "When did the Roman Empire fall?",
        "How much is one euro in dollars?",
        "Sing me a lullaby.",
        "Which films are on at the cinema?",
        "Explain quantum physics to a child.",
        "Is there life on Mars?",
        "How do I get to the station?",
    ),
    "zh": (
        "你是真人还是机器？",
        "你晚上会做梦吗？",
        "小鸟为什么早上叫？",
        "概括一下《红楼梦》的情节。",
        "流经上海的是哪条江？",
        "解方程x + 5 = 12。",
        "帮我给房东写封邮件。",
        "核电站是怎么发电的？",
        "门口停的是什么牌子的车？",
        "这张照片是在哪儿拍的？",
        "那位女士在笑吗？",
        "这幅画表达了什么情绪？",
        "晚饭吃什么比较好？",
        "头疼应该吃什么药？",
        "唐朝是哪一年灭亡的？",
        "一欧元能换多少人民币？",
        "唱首摇篮曲给我听。",
        "最近有什么电影上映？",
        "怎么跟小孩子解释量子力学？",
        "火星上有生命吗？",
        "去火车站怎么走？",
    ),
}


def draw_stray_question(language: Language, random: Random, held_out: bool) -> Turn:
    """One of the questions, with the sentence that declines it; `held_out` takes those never trained on."""
    question = random.choice((HELD_OUT if held_out else TRAINED)[language])
    if language == "zh" and random.random() < 0.5:
        question = question.replace("？", "?")
    return Turn("stray", language, question, OUTSIDE_ANSWER[language])
