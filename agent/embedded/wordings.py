"""The English that goals are written in: frames, connecting words, people, verbs, and the words of each slot."""

import re

from goalcover.agent.models import Slot

OPENING = re.compile(
    r"^(?:(?:hi|hello|hey|so|well|basically|please|kindly|goal:)[\s,!.]+"
    r"|(?:i|we)(?:['’]d|\s+would)?\s+(?:like|love|want|need|plan|hope|aim|intend|wish)\s+(?:to\s+)?"
    r"|(?:i|we)(?:['’]m|['’]re|\s+am|\s+are)\s+(?:(?:trying|going|planning|looking|hoping)\s+to\s+"
    r"|(?=(?:build|creat|train|mak|develop|design|fine-?tun)ing\s))"
    r"|(?:the|our|my)\s+(?:goal|aim|purpose|idea)\s+is\s+(?:to\s+)?|(?:can you\s+)?help\s+(?:me|us)\s+(?:to\s+)?"
    r"|(?:our|my|the)\s+(?:company|team|firm|group|organi[sz]ation|startup)\b[^.]*?\b(?:wants?"
    r"|needs?|would like|builds?"
    r"|is building)\s+(?:to\s+)?|let['’]s\s+|to\s+(?=build|create|train|fine))+",
    re.IGNORECASE,
)
READS = re.compile(r"^(?:reads?|takes?|receives?|gets?|processes|looks\s+at)\s.*?\band\s+", re.IGNORECASE)
"""What a model is handed is no capability; what it does with it is."""
BUILD = re.compile(
    r"^(?:build|create|train|fine-?tune|finetune|develop|make|design|have|get|set up|deploy)(?:ing)?\s+"
    r"(?:(?:a|an|the|our|my|me|us|some)\s+)*",
    re.IGNORECASE,
)
AGENT = re.compile(
    r"^(?P<head>[^,.;:()]{0,120}?)\b(?:virtual\s+|ai\s+|digital\s+|small\s+|large\s+)*"
    r"(?P<noun>(?:language\s+)?models?|assistants?|chat\s?bots?|bots?|systems?|agents?|tools?|copilots?"
    r"|llms?|helpers?|advisers?"
    r"|advisors?|tutors?|coach|experts?|engines?|apps?|receptionists?|something"
    r"|(?:gpt|qwen|llama|mistral|gemma|phi)[\w.-]*)\b(?!['’]s\b)\s*(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
DUTY = re.compile(
    r"^(?:and\s+|also\s+)*(?:(?:it|they|this|the\s+(?:model|assistant|bot|system|chatbot|agent|tool"
    r"|answers?|summar(?:y|ies)"
    r"|output|reply|replies|responses?)|answers?|repl(?:y|ies)|responses?|summaries|outputs?)\s+)?"
    r"(?:(?:also|always)\s+)*(?:should|must|needs?\s+to|ha(?:s|ve)\s+to|will|can|shall|may|ought\s+to)\s+"
    r"(?P<no>not\s+|never\s+)?(?:(?:also|always|be\s+able\s+to|help\s+(?:to\s+)?)\s*)*",
    re.IGNORECASE,
)
_LANGUAGES = (
    r"(?:english|spanish|french|german|italian|portuguese|dutch|turkish|kurdish|arabic|hebrew|persian|farsi|hindi|urdu"
    r"|bengali|punjabi|tamil|telugu|marathi|gujarati|mandarin|cantonese|chinese|japanese|korean|vietnamese|thai"
    r"|indonesian|malay|tagalog|filipino|russian|ukrainian|polish|czech|slovak|hungarian|romanian|bulgarian|greek"
    r"|serbian|croatian|bosnian|albanian|swedish|norwegian|danish|finnish|estonian|latvian|lithuanian|swahili|amharic"
    r"|somali|yoruba|hausa|catalan|basque|welsh|irish|latin)"
)
CONNECTOR = re.compile(
    r"(?:^|[,\s]+)(for|that|which|who|about|on|covering|across|with|keeping|preserving|retaining"
    r"|(?<=and\s)(?:keeps?|preserves?|retains?)|(?<=,\s)(?:keeps|preserves|retains)|including|incl\.|while"
    r"|without|excluding|except(?:\s+for)?|but\s+not|(?<!\bdo\s)(?<!\bdoes\s)not|so(?:\s+that)?(?=\s+(?:an?|the|our|it|they|we|you|i)\b)|so\s+that|in\s+order\s+to"
    r"|(?<!\bhow\s)(?<!\bwhen\s)(?<!\bwhat\s)(?<!\bwhere\s)to|from"
    rf"|based\s+on|using|into(?=\s+(?:{_LANGUAGES}|plain|simple)\b)|in|(?<!\bstep\s)by)(?=\s|$)",
    re.IGNORECASE,
)
WHICH = re.compile(r"[,\s]*(?:that|which|who)\s+", re.IGNORECASE)
"""Right after what is to be built: what it does follows."""
NEVER = re.compile(r"(?:never|not|no|avoids?|(?:does|do)(?:\s+not|n['’]t))\s+", re.IGNORECASE)
"""Before what is not to be done."""
HELPED = re.compile(
    r"^help(?:s|ing)?\s+(?P<who>[\w\s-]{1,60}?)\s+(?:to\s+)?(?P<does>(?:understand|learn|file|find|choose|manage|prepare|make|get|buy"
    r"|sell|save|fill|use|apply|decide|improve|build|create|set|keep|avoid|track|run|practi[cs]e)\s+.+)$",
    re.IGNORECASE,
)
"""Who is helped to do what: `helps home buyers understand mortgages`."""
_PEOPLE = (
    r"doctors?|physicians?|clinicians?|nurses?|pharmacists?|patients?|families|parents?|carers?|researchers?"
    r"|scientists?|students?|pupils?|teenagers?|teens?|kids|children(?! ?['’]s? )|adults?|beginners?"
    r"|learners?|teachers?"
    r"|lawyers?|attorneys?|paralegals?|judges|consumers?|citizens?|journalists?|developers?|programmers?|engineers?"
    r"|analysts?|managers?|investors?|auditors?|officers?|staff|employees?|colleagues?|customers?"
    r"|clients?|users?|agents"
    r"|experts?|professionals?|specialists?|practitioners?|people|public|readers?|laypeople|laymen"
    r"|travell?ers?|farmers?"
    r"|households?|businesses|owners?|technicians?|operators?|novices?|seniors?|couples?|tenants?"
    r"|humans?|surgeons?|therapists?|\w{2,}(?:ic|ar|or)ians|\w{2,}ologists|\w{3,}(?:fight|graph)ers"
)
STAFF_HELPED = re.compile(
    rf"^help(?:s|ing)?\s+(?P<who>[\w\s-]{{0,60}}?\b(?:(?:{_PEOPLE})(?<=s)|people|children|staff|teams?))\s+(?:to\s+)?"
    r"(?P<does>(?!(?:with|on|in|at|about|for|from|by|of|to|and|or|who|whose|that|which|when|as|after|before|through"
    r"|during|without|across|under|over|against)\b)[\w-]+\s.+)$",
    re.IGNORECASE | re.DOTALL,
)
"""The same by any verb, where those who are helped are people: `help our analysts summarise reports`."""
GRASP = re.compile(r"^(?:understand|learn)\s+(?:about\s+|how\s+to\s+)?", re.IGNORECASE)
"""What everybody does with an answer."""
KEEPS = re.compile(r"(?:keep|preserv|retain)(?:ing|es|e|s)?")
"""Connecting words before what an answer must still hold."""
UNDECIDED = (
    r"(?:idk|dunno|(?:i )?do(?:n.?t| not) (?:know|mind|care)|(?:i )?(?:have )?no (?:preferences?|opinion|idea|clue)"
    r"|(?:i.?m |i am )?(?:not sure|unsure|undecided)|(?:(?:that|it)(?:.?s| is) )?(?:up to you|your c(?:all|hoice))"
    r"|(?:you|you can|you may) (?:decide|choose|pick)|(?:as|what) you (?:like|prefer|wish|think best)|surprise me"
    r"|whatever(?: you \w+)?|anything(?: (?:goes|(?:is|.s) (?:fine|ok)))?|(?:any|either)(?: (?:is|.s) (?:fine|ok))?"
    r"|nothing (?:else|more|special|needed|in particular|comes to mind))"
)
"""What somebody says who leaves the answer to whoever asks."""
NOTHING = re.compile(
    rf"^(?:{UNDECIDED}|no|none|nothing|nope|n/?a|something|all|everything|all of (?:them|these|it)|whatever"
    r"|skip"
    r"|no (?:citations?(?: needed)?|\w+ needed)"
    r"|(?:what|which|when|where)ever\b.*|if\b.*|not needed"
    r"|everyone|anyone|yes|ok(?:ay)?)\W*$",
    re.IGNORECASE,
)
PEOPLE = re.compile(
    rf"\b(?:{_PEOPLE})\b"
    r"(?:\s*(?:without|with|who|that|under|over|aged|in)\b.*)?$",
    re.IGNORECASE,
)
LAY = re.compile(
    r"\b(?:patients?|families|parents?|carers?|consumers?|citizens?|teenagers?|teens?|kids|children"
    r"|beginners?|learners?"
    r"|pupils?|customers?|public|laypeople|laymen|novices?|households?|everyone|without (?:legal )?training"
    r"|business users|non-\w+)\b",
    re.IGNORECASE,
)
SETTING = re.compile(
    r"\b(?:suppliers?|compan(?:y|ies)|banks?|hospitals?|clinics?|firms?|shops?|stores?|universit(?:y|ies)|schools?"
    r"|agenc(?:y|ies)|providers?|teams?|departments?|desks?|organi[sz]ations?|start-?ups?|platforms?"
    r"|business|retailers?"
    r"|airlines?|insurers?|operators?|practices?|manufacturers?|institutions?|office|website|city|council)$",
    re.IGNORECASE,
)
PLACE = re.compile(rf"(?:(?:online|local|web|small|large|big|public|private)\s+)?{SETTING.pattern}", re.IGNORECASE)
"""Nothing but where it is done."""
SLOT_WORDS: tuple[tuple[Slot, re.Pattern[str]], ...] = (
    (
        "evidence",
        re.compile(
            r"\b(?:cit(?:e|es|ing|ations?)|sources?\b(?! code)|references|evidence[- ](?:based|citations?)"
            r"|quot(?:e|es|ing)"
            r"|exact (?:figures|numbers)|confidence levels?|backed by|reasoning|guidelines?"
            r"|strength of (?:the )?evidence)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "safety",
        re.compile(
            r"\b(?:safe(?:ty|ly)?|warn(?:s|ing|ings)?|contraindications?|refus(?:e|es|al|als)|declin(?:e|es"
            r"|ing)|escalat\w+"
            r"|privacy|pii|disclaimers?|harm(?:ful)?|hallucinat\w+|uncertain(?:ty)?|unsure|red flags"
            r"|hand(?:s|ing)? over"
            r"|neutral(?:ity|ly)?|unbiased|injection|secure)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "output",
        re.compile(
            r"\b(?:concise(?:ly)?|brief(?:ly)?|short (?:answers?|replies|summaries)"
            r"|bullet(?:ed)?(?: points?)?|json|tables?"
            r"|headings|format(?:ted)?|plain (?:language|english|words)|simple (?:language|words)"
            r"|step[- ]by[- ]step|tone"
            r"|polite(?:ly)?|friendly|kind(?:ly)?|empath\w+|courteous|sentences?|words|docstrings?"
            r"|next steps?|examples"
            r"|type hints|comments|amounts of money|deadlines|timelines)\b",
            re.IGNORECASE,
        ),
    ),
)
GENERIC_NOUN = re.compile(
    r"\s*\b(?:questions?|queries|messages?|requests?|answers?|texts?|documents?|topics?|problems?"
    r"|tasks?|issues?|matters"
    r"|enquiries|inquiries|instructions?|things|use cases?|purposes?|domains?|fields?"
    r"|(?:policy )?areas?|expertise|knowledge|content|and"
    r"|related|summar(?:y|ies)|specialties|languages|aspects|kinds|types|desks?|every|each|several"
    r"|various|question[- ]"
    r"answering|q ?& ?a|qa|chat|clauses of)$",
    re.IGNORECASE,
)
SPEAKS = re.compile(rf"(?P<language>(?:multi|bi|tri)lingual|{_LANGUAGES})(?:[- ]speaking)?\b[\s,]*", re.IGNORECASE)
"""Which language the readers of an agent speak: `multilingual support bot`."""
_LANGUAGE = re.compile(
    r"(?:(?:be|is|are|it|they|always|also|only|both|all|(?:answer|reply|respond|speak|talk|write)(?:s|ing)?|replies"
    r"|responses?|outputs?|(?:in)?to|in)\s+)*"
    rf"(?P<language>{_LANGUAGES}(?: language)?|(?:multi|bi|tri)lingual(?:ly)?|the same language"
    r"|(?:(?:the|a|every|each)\s+)?\w+['’]s?\s+(?:own\s+)?language)",
    re.IGNORECASE,
)
IN_LANGUAGE = re.compile(rf"(?<!\bbe)\s+in\s+(?={_LANGUAGES}\s*(?:$|[,;.]|and\b|or\b))", re.IGNORECASE)
"""Before the language of what is asked for: `short answers in German`."""


def language(text: str) -> str:
    """What to call the language that is asked for, where nothing else is: `speaks German`; empty for other texts."""
    match = _LANGUAGE.fullmatch(text.strip())
    if match is None:
        return ""
    name = match["language"][:1].upper() + match["language"][1:]
    return name if re.search("lingual|language", name) else f"{name} language"


QUALITY = re.compile(
    r"^(?:very\s+|more\s+)?(?:correct|accurate|good|great|helpful|useful|clear|reliable"
    r"|high[- ]quality|best|better|smart"
    r"|robust|appropriate|relevant|efficient|fast|quick|nice|well|simple|custom|own|new|general"
    r"|specialised|specialized"
    r"|effective|comprehensive|thorough|professional|quality|accuracy|detailed|complete|internal|technical|day-to-day"
    r"|everyday|practical|proper|precise|exact|modern|intelligent|smart|powerful)(?:ly)?(?:\s+|$)",
    re.IGNORECASE,
)
ADVERB = re.compile(
    r"\s+(?:correct|accurate|clear|reliable|proper|good|quick|fast|precise|thorough|effective"
    r"|efficient|well)(?:ly)?$",
    re.IGNORECASE,
)
WHOSE = re.compile(r"^(?P<who>[\w\s-]*?\w)['’]s?\s+(?P<what>.+)$")
ADJECTIVE = re.compile(
    r"^(?:\w+(?:al|ic|ive|ous|ary|ute|ent|ant|ern|ory|lar|ed|ble)|early|late|old|new|small|large|common|rare|basic"
    r"|male|female|front|back|hard|soft|short|long|upper|lower|inner|outer|high|low"
    r"|lost|stolen|broken|frozen|forgotten|hidden|missing|torn|worn|hurt|unpaid|overdue)$",
    re.IGNORECASE,
)

VAGUE = frozenset(
    "good great better best helpful useful quality high higher accurate accurately accuracy correct"
    " correctly smart general"
    " generally overall performance performs perform answer answers response responses respond responds user users"
    " knowledge knows know things thing everything anything assistant model satisfaction satisfied"
    " happy well handles handle"
    " makes make gives give does very appropriate appropriately proper properly nice reliable"
    " reliably relevant excellent"
    " intelligent professional expert expertise clear clearly output outputs reply replies task"
    " tasks improve improves"
    " improved work works behave behaves behaviour behavior ask asks asked before than says provides provide".split()
)
"""What a goal may hold any number of without saying anything that a sample could show."""

FRAME_VERBS = frozenset(
    "answer help cover handle discuss provide give respond assist support deal produce offer include address know"
    " understand show perform do be use talk speak follow work support".split()
)
"""What every assistant does: its object is what matters."""
TASK_VERBS = frozenset(
    "explain summarise summarize write draft review classify extract translate generate teach tutor solve debug fix"
    " refactor compare analyse analyze predict recommend advise resolve plan interpret describe"
    " identify detect convert"
    " rewrite edit evaluate grade simplify suggest triage route sort diagnose find automate estimate"
    " check retrieve annotate transcribe proofread paraphrase negotiate calculate quiz cite warn".split()
)
_DOUBLING = frozenset("plan quiz debug stop refer get put let set cut run admit submit forget permit swap chat".split())
_IRREGULAR = {"be": ("is", "being"), "do": ("does", "doing"), "have": ("has", "having")}


def third(verb: str) -> str:
    """`explain` -> `explains`."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb][0]
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ies"
    if verb.endswith("z") and verb in _DOUBLING:
        return f"{verb}zes"
    return f"{verb}es" if verb.endswith(("s", "x", "z", "ch", "sh")) else f"{verb}s"


def base(verb: str) -> str:
    """`promises` -> `promise`; what is no third person stays as it is."""
    if known := VERBS.get(verb.lower()):
        return known
    if len(verb) > 4 and verb.endswith("ies"):
        return f"{verb[:-3]}y"
    if re.search(r"(?:ss|x|zz|ch|sh|o)es$", verb):
        return verb[:-2]
    return verb[:-1] if re.search(r"[^suia]s$", verb) else verb


def gerund(verb: str) -> str:
    """`summarise` -> `summarising`."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb][1]
    if verb.endswith("ie"):
        return f"{verb[:-2]}ying"
    if verb in _DOUBLING:
        return f"{verb}{verb[-1]}ing"
    return f"{verb[:-1]}ing" if verb.endswith("e") and not verb.endswith("ee") else f"{verb}ing"


VERBS = {form: verb for verb in (FRAME_VERBS | TASK_VERBS) - {"be"} for form in (verb, third(verb), gerund(verb))}
VERBS |= {"be": "be"}  # "is" and "being" begin too much that is no duty


def _doer(verb: str) -> str:
    """`summarise` -> `summariser`, `translate` -> `translator`."""
    if re.search(r"(?:ate|ct|it)$", verb):
        return f"{verb.removesuffix('e')}or"
    stem = f"{verb[:-1]}i" if re.search(r"[^aeiou]y$", verb) else verb.removesuffix("e")
    return f"{stem}{stem[-1]}er" if verb in _DOUBLING else f"{stem}er"


_DOERS = {_doer(verb): verb for verb in TASK_VERBS - {"teach", "route"}}
"""A teacher is a person, and a router a device."""
VERBS_NAMED = VERBS | _DOERS
"""The verbs, also by what does them."""
DOER = re.compile(
    rf"^(?P<head>[^,.;:()]{{0,120}}?)\b(?P<noun>{'|'.join(sorted(_DOERS))})\b\s*(?P<rest>$|(?=of\s|,|{CONNECTOR.pattern}).*)$",
    re.IGNORECASE | re.DOTALL,
)
"""An agent that is called by what it does: `contract reviewer`."""
