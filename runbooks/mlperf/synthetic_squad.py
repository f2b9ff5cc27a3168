"""Questions in SQuAD's layout, of made-up words, with the tokenizer's vocabulary for them.

    synthetic_squad.py DATASET VOCABULARY

The harness pads every question to 384 tokens, so that none takes another time than a real one; what is
measured with them is performance, never accuracy.
"""

import json
import random
import sys
from pathlib import Path

SEED = 20220331
QUESTIONS = 256
CONTEXT_WORDS, QUESTION_WORDS = 200, 10
WORDS = [a + b for a in ("ba", "de", "ki", "lo", "mu", "ne", "po", "ra", "si", "tu") for b in "bdfgklmnprst"]
# BERT's vocabulary keeps these places for itself.
SPECIAL = ["[PAD]", *(f"[unused{n}]" for n in range(99)), "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def make(dataset: Path, vocabulary: Path) -> None:
    """The file of questions and the file of tokens, one a line."""
    choice = random.Random(SEED)  # noqa: S311 - not for secrets

    def words(count):
        return " ".join(choice.choices(WORDS, k=count))

    paragraphs = []
    for number in range(QUESTIONS):
        context = words(CONTEXT_WORDS)
        answer = {"text": context.split()[0], "answer_start": 0}
        question = {"id": f"synthetic-{number}", "question": words(QUESTION_WORDS), "answers": [answer]}
        paragraphs.append({"context": context, "qas": [question]})
    for file in (dataset, vocabulary):
        file.parent.mkdir(parents=True, exist_ok=True)
    data = [{"title": "synthetic", "paragraphs": paragraphs}]
    dataset.write_text(json.dumps({"version": "1.1", "data": data}))
    vocabulary.write_text("\n".join([*SPECIAL, *WORDS]) + "\n")


make(Path(sys.argv[1]), Path(sys.argv[2]))
