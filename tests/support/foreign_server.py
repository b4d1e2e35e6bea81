"""An inference server that is not ours: llama.cpp's own, with a tiny model of random weights that is made on the spot.

It holds every answer to the form that was asked for and means nothing by it: words at random, broken characters,
numbers with twenty digits, lists without an item; now and then it is cut off, or answers 500 about what it wrote.

In a test:      with foreign_server.running(tmp_path) as url: ...
By hand:        python tests/support/foreign_server.py /tmp/random.gguf 10
"""

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from commands import DEMO_DATA

CONTEXT = 8192
"""Tokens of one request and its answer."""
_AT_ONCE = 2
_LONGEST_ANSWER = 160
_WORDS = 300
_WIDTH, _HEADS = 32, 2
_SPECIAL = ("<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>")
_TEMPLATE = (
    "{% for one in messages %}<|im_start|>{{ one.role }}\n{{ one.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@contextmanager
def running(folder: Path, seed: int = 10) -> Iterator[str]:
    """The server's base URL, while it runs in a process of its own."""
    command = [sys.executable, __file__, str(folder / "random.gguf"), str(seed)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, "the server did not start: it says why on stderr"
        yield f"{address}/v1"
    finally:
        process.kill()
        process.communicate()


def write_model(path: Path, seed: int) -> None:
    """A language model in the form of Llama that has learnt nothing."""
    import gguf  # of the extra `dev`, as the server is

    read = Counter(re.findall(r"[a-z]{2,}", DEMO_DATA.read_text(encoding="utf-8").lower()))
    words = [f"▁{word}" for word, _ in read.most_common(_WORDS)]
    letters = [*map(chr, range(33, 127)), "▁"]
    tokens = [*_SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256)), *letters, *words]
    kinds = gguf.TokenType
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_feed_forward_length(2 * _WIDTH)
    writer.add_block_count(1)
    writer.add_head_count(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_types(
        [kinds.UNKNOWN, *[kinds.CONTROL] * 4, *[kinds.BYTE] * 256, *[kinds.NORMAL] * (len(letters) + len(words))]
    )
    writer.add_token_scores([*[0.0] * 261, *[-1e3] * len(letters), *(-float(place) for place in range(len(words)))])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(4)
    writer.add_add_space_prefix(False)  # or the server would not find again how its template opens an answer
    writer.add_chat_template(_TEMPLATE)
    for name, weights in _weights(tokens, np.random.default_rng(seed)):
        writer.add_tensor(name, weights.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _weights(tokens: list[str], random: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    often = np.ones((len(tokens), 1))
    often[tokens.index('"')] = 4  # or a string would hardly ever end
    often[5:261] = 0.8  # bytes: most of them, one after the other, are no characters
    yield "token_embd.weight", random.standard_normal((len(tokens), _WIDTH))
    yield "output.weight", often * random.standard_normal((len(tokens), _WIDTH))
    yield "output_norm.weight", np.ones(_WIDTH)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):  # twice as much as usual: what was asked matters
        yield f"blk.0.{name}.weight", random.standard_normal((_WIDTH, _WIDTH)) * 2 / _WIDTH**0.5
    for name in ("ffn_gate", "ffn_up"):
        yield f"blk.0.{name}.weight", random.standard_normal((2 * _WIDTH, _WIDTH)) / _WIDTH**0.5
    yield "blk.0.ffn_down.weight", random.standard_normal((_WIDTH, 2 * _WIDTH)) / (2 * _WIDTH) ** 0.5
    for name in ("attn_norm", "ffn_norm"):
        yield f"blk.0.{name}.weight", np.ones(_WIDTH)


def main(model: str, seed: str) -> None:
    """Makes the model, serves it on a free port of this machine, says where, and goes on until it is ended."""
    import xllamacpp

    write_model(Path(model), int(seed))
    given = xllamacpp.CommonParams()
    given.model.path, given.model_alias = model, {"random"}
    given.port, given.n_ctx, given.n_parallel = 0, CONTEXT * _AT_ONCE, _AT_ONCE
    given.n_predict, given.warmup, given.verbosity = _LONGEST_ANSWER, False, -1
    given.cpuparams.n_threads = given.cpuparams_batch.n_threads = 1
    given.sampling.penalty_repeat, given.sampling.penalty_freq = 1.3, 0.5  # or it would say one word for ever
    server = xllamacpp.Server(given)
    print(server.listening_address, flush=True)  # noqa: T201
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main(*sys.argv[1:])
