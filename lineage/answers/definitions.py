"""What each figure of the study is here, in one sentence, and why it cannot equal the published one."""

#: The figures, in the order in which they are printed.
FIGURES = (
    "china_share",
    "us_share",
    "deepseek_qwen_share",
    "intermediary_share",
    "disclosed_share",
    "mean_parameters",
)

#: The country code of each figure that is about one.
COUNTRY = {"china_share": "CN", "us_share": "US"}

#: The two accounts of `deepseek_qwen_share`.
ACCOUNTS = ("deepseek-ai", "Qwen")

#: Which accounts `deepseek_qwen_share` counts.
ACCOUNT_RULES = ("group", "account")

_COUNTRY = {
    "publisher": "Downloads of models hosted by accounts in {code}, those of an account in several countries divided "
    "between them, over all downloads of the frame",
    "origin": "Downloads that go back, divided over all bases, to roots whose account is in {code}, a model without a "
    "known base being its own root, over all downloads of the frame",
}
_COUNTRY_BOUNDS = (
    "; other codes such as HK and TW are not in it, and share_high adds accounts whose country is not known"
)

_ACCOUNTS = {
    "group": "all accounts of the owners of deepseek-ai and of Qwen (Qwen's group, alibaba, is wider than Qwen)",
    "account": "the accounts deepseek-ai and Qwen alone",
}
_ACCOUNTS_BY = {
    "publisher": "Downloads of models hosted by {whom}, over all downloads of the frame; share_high adds models "
    "without an account",
    "origin": "Downloads that go back, divided over all bases, to roots of {whom}, a model without a known base being "
    "its own root, over all downloads of the frame; share_high adds roots without an account",
}

_ALL_THEY_HOST = "all that they host in the frame, over all downloads of the frame"
_NO_BASE = "share_high adds all models without a known base"
_RULES = {
    "R1": "Downloads of accounts on the list {list} of re-packagers: " + _ALL_THEY_HOST,
    "R2": "Downloads of accounts with at least {threshold} of their downloads on quantizations and copies of others' "
    "models: " + _ALL_THEY_HOST,
    "R3": "Downloads of accounts with at least {threshold} of their downloads on quantizations, copies, adapters and "
    "merges of others' models: " + _ALL_THEY_HOST,
    "R4": "Downloads of quantizations and copies of others' models, over all downloads of the frame; "
    + _NO_BASE
    + " or with an unlabelled one of others",
    "R5": "Downloads of quantizations, copies, adapters and merges of others' models, over all downloads of the frame; "
    + _NO_BASE
    + " or with an unlabelled one of others",
    "R6": "Downloads of every derivative of others' models, labelled or not, over all downloads of the frame; "
    + _NO_BASE,
}

_BY_YEAR = {
    "disclosed_share": "Downloads of models that name a data set of their training in tags or card, over all "
    "downloads of models created in the year; share_high adds models of which no metadata were seen",
    "mean_parameters": "Sum of downloads times parameters over the downloads of models created in the year whose size "
    "is known, a quantization having the size of its base; coverage is the part of the year's downloads on such models",
}

_WHY = {
    "china_share": "The study counts the downloads of a year up to August 2025 with a table of countries of its own; "
    "this is one snapshot's counter with ours.",
    "deepseek_qwen_share": "The study's accounts, attribution and denominator for this are not public, and its window "
    "is a year; this is one snapshot's counter.",
    "intermediary_share": "No public rule says whom the study counts as an intermediary, nor what it divides by.",
    "disclosed_share": "The study's year is that of the download; one snapshot knows only the year of creation.",
    "mean_parameters": "The study's year is that of the download, and where its sizes are from is not public; one "
    "snapshot knows only the year of creation.",
}
_WHY["us_share"] = _WHY["china_share"]
_NOTHING = "The study has no published value for this."


def definition(figure: str, rule: str | None, by: str | None, accounts_list: str = "strict") -> str:
    """One sentence that says what is counted, over what, and what the bounds are.

    `figure`: one of `FIGURES`; `rule`, `by`: as its rows have them; `accounts_list`: that of R1.
    """
    if figure in COUNTRY:
        text = _COUNTRY[str(by)].format(code=COUNTRY[figure]) + _COUNTRY_BOUNDS
    elif figure == "deepseek_qwen_share":
        text = _ACCOUNTS_BY[str(by)].format(whom=_ACCOUNTS[str(rule)])
    elif figure == "intermediary_share":
        text = _RULES[str(rule)].format(list=accounts_list, threshold="0.8")
    else:
        text = _BY_YEAR[figure]
    return text + "."


def of_rule(rule: str, accounts_list: str, threshold: str | None) -> str:
    """One sentence that says what a rule counts, without bounds."""
    return _RULES[rule].partition("; ")[0].format(list=accounts_list, threshold=threshold) + "."


def why_not(figure: str, published: bool) -> str:
    """One sentence that says why the figure is not the published one, or that there is none."""
    return _WHY[figure] if published else _NOTHING
