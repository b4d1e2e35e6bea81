"""Rows in the shapes that trainers tell apart, with what exports stumble over: scripts, formulas, calls, weights."""

import json

WEATHER = {
    "name": "get_weather",
    "description": "Tells the weather",
    "parameters": {"type": "object", "properties": {}},
}
QA = [
    {"id": "a", "question": "Was ist Übelkeit? 吐き気とは？", "context": "Ein Gefühl.", "answer": "Nausea — מַבּוּל 🤢"},
    {"id": "b", "question": "=1+1?", "context": "@SUM(A1)", "answer": "-2 is not +2"},
    {"id": "c", "question": 'Line one\nline "two"', "context": "tab\there", "answer": "-5"},
]
TOOLS = [
    {
        "conversations": [
            {"from": "human", "value": "Weather in Zürich?"},
            {"from": "function_call", "value": '{"name": "get_weather", "arguments": {"city": "Zürich"}}'},
            {"from": "observation", "value": '{"sky": "grey"}'},
            {"from": "gpt", "value": "Grey."},
        ],
        "system": "Be brief.",
        "tools": json.dumps([WEATHER]),
    },
    {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}], "system": "", "tools": ""},
]
TURNS = [
    {
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "One?"},
            {"role": "assistant", "content": "One.", "weight": 0},
            {"role": "user", "content": "Two?"},
            {"role": "assistant", "content": "Two.", "weight": 1},
            {"role": "user", "content": "Thanks, nobody answers this."},
        ]
    }
]
PAIRS = [{"prompt": "Why?", "chosen": "Because.", "rejected": "No."}]
LABELLED = [
    {"prompt": "Why?", "completion": "Because.", "label": True},
    {"prompt": "How?", "completion": "Go away.", "label": False},
]
TEXTS = [{"text": "Once upon a time."}, {"text": "There was a king."}]
ALL = {"qa": QA, "tools": TOOLS, "turns": TURNS, "pairs": PAIRS, "labelled": LABELLED, "texts": TEXTS}
