"""TRL itself takes what is exported for it: its trainers prepare the file, and what they will learn is the answer.

The tokenizer and the model are made here: tiny, and of no use but to be fed.
"""

import copy
import json
from pathlib import Path
from typing import Any

import datasets
import pytest
import transformers  # it and trl load what is asked for, when it is: six seconds
import trl
from goalcover.tools.export import export
from goalcover.tools.mix import make_mix
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from trainer_rows import LABELLED, PAIRS, QA, TEXTS, TOOLS, TURNS
from unjudged import run_of

TEMPLATE = (
    "{% if tools %}<tools>{{ tools | tojson }}{% endif %}"
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}"
    "{% for c in m.tool_calls or [] %}{{ c.function.name }}{{ c.function.arguments | tojson }}{% endfor %}</s>"
    "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
)
# Of transformers' own, about a name that TRL still uses.
pytestmark = pytest.mark.filterwarnings("ignore:.gradient_checkpointing. is deprecated:FutureWarning")


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    """Reads bytes, so that every text comes back as it was."""
    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    special = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        [], trainers.BpeTrainer(special_tokens=list(special.values()), initial_alphabet=alphabet, show_progress=False)
    )
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, chat_template=TEMPLATE, **special)


@pytest.fixture(scope="module")
def model(tokenizer: Any) -> Any:
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    config = transformers.LlamaConfig(vocab_size=len(tokenizer), num_key_value_heads=1, **sizes)
    return transformers.LlamaForCausalLM(config)


def read(tmp_path: Path, rows: list[dict[str, Any]], ending: str = ".jsonl") -> datasets.Dataset:
    """The rows, exported for TRL and read as its trainers read a file."""
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    run = run_of(tmp_path / "rows.jsonl", tmp_path / "run")
    out = tmp_path / f"out{ending}"
    export(run, make_mix(run, "original"), "trl", out)
    kind = {".jsonl": "json", ".parquet": "parquet"}[ending]
    return datasets.load_dataset(kind, data_files=str(out), cache_dir=str(tmp_path / "cache"), split="train")


def settings(kind: type, tmp_path: Path, **more: Any) -> Any:
    return kind(output_dir=str(tmp_path / "out"), report_to=[], use_cpu=True, bf16=False, disable_tqdm=True, **more)


def prepared(tmp_path: Path, rows: Any, model: Any, tokenizer: Any, ending: str = ".jsonl") -> list[tuple[str, str]]:
    """For each row (all that the trainer reads, what it learns of it)."""
    trainer = trl.SFTTrainer(
        model=model,
        args=settings(trl.SFTConfig, tmp_path),
        train_dataset=read(tmp_path, rows, ending),
        processing_class=tokenizer,
    )
    batch = trainer.data_collator(list(trainer.train_dataset))
    return [
        (
            tokenizer.decode(ids).replace("<pad>", ""),
            tokenizer.decode(ids[labels != -100]),
        )
        for ids, labels in zip(batch["input_ids"], batch["labels"], strict=True)
    ]


@pytest.mark.parametrize("ending", [".jsonl", ".parquet"])
def test_of_a_question_and_its_answer_the_answer_is_learnt(tmp_path, model, tokenizer, ending):
    told = dict(prepared(tmp_path, QA, model, tokenizer, ending))
    assert sorted(told.values()) == sorted(f"{row['answer']}</s>" for row in QA)
    for row in QA:
        assert any(row["question"] in said and row["context"] in said for said in told)


@pytest.mark.parametrize("ending", [".jsonl", ".parquet"])
def test_calls_reach_the_chat_template_with_their_tools(tmp_path, model, tokenizer, ending):
    called = next(said for said, _ in prepared(tmp_path, TOOLS, model, tokenizer, ending) if "Zürich" in said)
    assert called.startswith("<tools>")
    assert '"Tells the weather"' in called
    assert 'get_weather{"city": "Zürich"}' in called
    assert called.endswith("Grey.</s>")


def test_a_dialogue_and_plain_text_are_read_whole(tmp_path, model, tokenizer):
    ((dialogue, _),) = prepared(tmp_path, TURNS, model, tokenizer)
    assert dialogue == "<system>Be kind.</s><user>One?</s><assistant>One.</s><user>Two?</s><assistant>Two.</s>"
    texts = prepared(tmp_path / "texts", TEXTS, model, tokenizer)
    assert sorted(said.removesuffix("</s>") for said, _ in texts) == sorted(row["text"] for row in TEXTS)


def test_a_pair_reaches_the_preference_trainer(tmp_path, model, tokenizer):
    trainer = trl.DPOTrainer(
        model=model,
        ref_model=copy.deepcopy(model),
        args=settings(trl.DPOConfig, tmp_path),
        train_dataset=read(tmp_path, PAIRS),
        processing_class=tokenizer,
    )
    (row,) = trainer.train_dataset
    assert tokenizer.decode(row["chosen_ids"]).endswith("Because.</s>")
    assert tokenizer.decode(row["rejected_ids"]).endswith("No.</s>")


def test_labelled_answers_reach_the_kto_trainer(tmp_path, model, tokenizer):
    trainer = trl.KTOTrainer(
        model=model,
        ref_model=copy.deepcopy(model),
        args=settings(trl.KTOConfig, tmp_path, per_device_train_batch_size=2),
        train_dataset=read(tmp_path, LABELLED),
        processing_class=tokenizer,
    )
    assert sorted(trainer.train_dataset["label"]) == [False, True]
