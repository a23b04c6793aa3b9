"""What the words of a report mean, in a sentence or two each; docs/definitions.md has all of it."""

TERMS: tuple[tuple[str, str], ...] = (
    ("Download", "A request to one of a model’s files that the Hub counts, from anyone, machines included. Not a "
                 "person, not a use."),
    ("Window", "Which counter: the last 30 days, all time, or all time of models created within the year before the "
               "snapshot."),
    ("Model, publisher", "A model is a repository of the Hub; its publisher is the account that hosts it, which need "
                         "not have made it."),
    ("Owner", "The accounts of one house, where the shipped table knows that they belong together; else the account."),
    ("Base, derivative", "What a model was made from, and what was made from it."),
    ("Relation", "How: finetune (trained further), adapter (an add-on), quantized (a smaller, coarser copy), merge "
                 "(made of several). "
     "Copy, the same model under another name, is only ever inferred."),
    ("Basis", "How much is believed: declared (cards, tags and the Hub’s own fields), stated (prose and the "
              "repository’s own "
     "metadata too), inferred (names too). More is not truer."),
    ("Frame", "Which models are divided by. It often decides the answer more than the rule does."),
    ("Share", "A fraction of two integers, both printed, with rule or key, frame, window, basis and date."),
    ("Root, family", "A root has no known base. Its family is the root with everything derived from it. A model "
                     "without a known base is "
     "not therefore original: its base is not known."),
    ("Stub", "Named as a base and not in the snapshot: gone, private, or outside the table. It has no downloads of "
             "its own."),
    ("Own, full, split", "A model’s own downloads; with each derived model counted once; and with derived downloads "
                         "divided over several "
     "bases, which over all roots adds up to the total exactly."),
    ("By publisher, by origin", "Counted for the account that hosts the file, or for the accounts of the roots that "
                                "it goes back to."),
    ("Intermediary", "Whoever offers again what others made. Six rules, R1 to R6, say who that is; no public one "
                     "exists."),
    ("Re-packaged", "At least one link of the rule’s relations leads to a base, and none to a base of the same "
                    "owner, unless that base is "
     "itself re-packaged by quantizing or copying."),
    ("Server of a model", "An account that hosts the model or something quantized or copied from it."),
    ("HHI", "Herfindahl–Hirschman index: the sum of the squares of all shares, from 1/n to 1."),
    ("Gini", "0 where all hold the same, (n − 1)/n where one holds everything; over all n holders, those without "
             "downloads included."),
    ("Disclosed", "The model names a data set in its tags or card. Unknown where no metadata were seen. Nothing is "
                  "inherited."),
    ("Size", "Parameters as the weights’ metadata say, else as the name does; a quantization has its base’s."),
)  # fmt: skip
