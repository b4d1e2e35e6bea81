"""What a model may leave out, add or wrap in an answer without being asked again."""

import json

import pytest
from goalcover.agent.errors import ModelAnswerError
from goalcover.agent.reply import Reply
from goalcover.agent.structured import Strict, json_schema, read_answer


class Bird(Strict):
    name: str
    seen_at: tuple[str, ...] = ()
    kin: str | None = None


class Birds(Strict):
    birds: tuple[Bird, ...]


OWL = Bird(name="owl")


def reply(text: str) -> Reply:
    return Reply.read(json.dumps({"choices": [{"message": {"content": text}}]}).encode())


@pytest.mark.parametrize(
    "text",
    [
        '{"birds": [{"name": "owl"}]}',
        '{"birds": [{"name": "owl", "seen_at": null, "kin": null, "wings": 2}], "note": "as asked"}',
        '[{"name": "owl"}]',
        '```json\n[{"name": "owl", "seen_at": []}]\n```',
        '<think>[{"name": "kite"}]</think>\n[{"name": "owl"}]',
    ],
)
def test_what_is_missing_null_or_more_is_no_fault_and_a_bare_list_is_read_whole(text):
    assert read_answer(reply(text), Birds) == Birds(birds=(OWL,))


def test_the_second_of_a_bare_list_is_not_taken_for_the_answer():
    two = '[{"name": "owl"}, {"name": "kite"}]'
    assert [one.name for one in read_answer(reply(two), Birds).birds] == ["owl", "kite"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"birds": [{"name": null}]}', "birds.0.name"),
        ('{"birds": null}', "birds"),
        ('[{"wings": 2}]', "birds.0.name"),
        ('[["owl"]]', "no complete JSON object"),
    ],
)
def test_what_has_no_default_has_to_be_there(text, fault):
    with pytest.raises(ModelAnswerError, match=fault):
        read_answer(reply(text), Birds)


def test_every_field_and_no_other_is_asked_for():
    bird = json_schema(Birds)["$defs"]["Bird"]
    assert (bird["required"], bird["additionalProperties"]) == (["name", "seen_at", "kin"], False)
