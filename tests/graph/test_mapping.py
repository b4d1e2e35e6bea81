import pytest
from goalcover.graph.mapping import offer, read_mapping
from goalcover.graph.state import Attachment, Unmapped
from goalcover.tools.columns import Column

COLUMNS = ("TCKT_NR", "kd_frage_txt", "agt_resp_v2", "chnl", "input text")
LIKELY = "input=kd_frage_txt,output=agt_resp_v2"
WAITING = Unmapped(
    file=Attachment(name="a.csv", path="a.csv"), columns=tuple(Column(name, "") for name in COLUMNS), likely=LIKELY
)


@pytest.mark.parametrize(
    ("said", "mapping"),
    [
        ("--map input=kd_frage_txt,output=agt_resp_v2", LIKELY),
        ("input=kd_frage_txt, output=agt_resp_v2", "input=kd_frage_txt, output=agt_resp_v2"),
        ("the question is in kd_frage_txt and the reply is in agt_resp_v2", LIKELY),
        ("agt_resp_v2 is the answer, KD_FRAGE_TXT the question.", LIKELY),
        ("kd_frage_txt and agt_resp_v2", LIKELY),
        ("the reply is in agt_resp_v2", LIKELY),
        ("yes", LIKELY),
        ("yes, that's right", LIKELY),
        ("looks good", LIKELY),
        ("ok, swap them", None),
        ("input text is the prompt; chnl is the target", "input=input text,output=chnl"),
        ("Answer customers of a bank", None),
        ("what?", None),
    ],
)
def test_columns_are_named_in_words_or_as_an_option(said, mapping):
    assert read_mapping(said, WAITING) == mapping


def test_the_likely_mapping_is_a_button_that_is_understood():
    (button,) = offer(WAITING)
    assert button.label == "input kd_frage_txt · output agt_resp_v2"
    assert read_mapping(button.says, WAITING) == LIKELY
    assert offer(WAITING.model_copy(update={"likely": ""})) == ()
