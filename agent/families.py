"""Whether two models are of one family: a model likes what its kin writes (Zheng et al., NeurIPS 2023)."""

import re

from goalcover.agent.settings import Role, Settings

_KIN = {"chatgpt": "gpt", "davinci": "gpt", "o": "gpt", "codellama": "llama", "codegemma": "gemma", "qwq": "qwen"}
_KIN |= dict.fromkeys(("mixtral", "ministral", "codestral", "magistral", "devstral"), "mistral")


def family(model: str) -> str:
    """The family that a model's name tells, in lower case: `openai/gpt-4.1-mini` and `o3` are both `gpt`."""
    name = re.sub(r"^meta-", "", model.rpartition("/")[2].lower())
    letters = re.match(r"[a-z]+", name)
    return _KIN.get(letters[0], letters[0]) if letters else name


def same_family(settings: Settings) -> tuple[str, ...]:
    """A warning when models judge what their own kin wrote."""
    generator = settings.model_for("generator")
    roles: tuple[Role, ...] = ("judge", "discriminator")
    kin = [role for role in roles if generator and family(settings.model_for(role) or "") == family(generator)]
    if not kin:
        return ()
    return (
        f"{' and '.join(kin)} are of the generator's family ({family(generator or '')}), and models judge their "
        "own kin too kindly: set GOALCOVER_GENERATOR_MODEL to a model of another family before you synthesize",
    )
