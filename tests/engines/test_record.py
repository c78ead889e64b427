"""What a film is painted with: written down, and compared."""

import pytest

from lib_anim import messages
from lib_anim.engines.record import ModelRecord, lora_hashes
from lib_anim.runs.resume import OtherModel

FULL = ModelRecord("Forge f2.0.1", "model", "abc", "fine.pt", ("ae.safetensors",), "float8-e4m3fn", {"zen": "1234567890"})


def test_a_line_of_a_journal_holds_all_of_it():
    assert ModelRecord.from_journal(FULL.to_journal()) == FULL
    assert ModelRecord.from_journal({}) == ModelRecord()
    assert ModelRecord.from_journal({"checkpoint": 3, "modules": "x", "loras": [1]}) == ModelRecord()
    assert ModelRecord().to_journal() == {}


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (FULL, FULL, []),
        (ModelRecord(), FULL, []),  # nothing was written down
        (ModelRecord(checkpoint="a"), ModelRecord(checkpoint="b"), ["the checkpoint was 'a' and is 'b'"]),
        (ModelRecord(checkpoint="a"), ModelRecord(), ["the checkpoint was 'a', which is not there"]),
        (
            ModelRecord(checkpoint="a", checkpoint_hash="12ab34"),
            ModelRecord(checkpoint="a", checkpoint_hash="99"),
            ["the checkpoint 'a' was 12ab34 and is 99, another file"],
        ),
        (ModelRecord(checkpoint="a", checkpoint_hash="12ab34"), ModelRecord(checkpoint="a"), []),  # nobody worked it out
        (ModelRecord(checkpoint="a", checkpoint_hash="12AB34"), ModelRecord(checkpoint="a", checkpoint_hash="12ab34ff"), []),
        (ModelRecord(checkpoint="a", vae="v"), ModelRecord(checkpoint="a"), ["VAE was 'v', which is not there"]),
        (ModelRecord(checkpoint="a"), ModelRecord(checkpoint="a", vae="v"), ["VAE was 'none' and is 'v'"]),
        (
            ModelRecord(checkpoint="a", modules=("ae", "t5")),
            ModelRecord(checkpoint="a", modules=("ae",)),
            ["VAE and text encoders was 'ae, t5' and is 'ae'"],
        ),
        (ModelRecord(loras={"zen": "12"}), ModelRecord(), ["the LoRA 'zen' is not there"]),
        (ModelRecord(loras={"zen": "12"}), ModelRecord(loras={"zen": "34"}), ["the LoRA 'zen' was 12 and is 34, another file"]),
        (ModelRecord(loras={"zen": ""}), ModelRecord(loras={"zen": "34"}), []),
    ],
)
def test_differences_are_parts_of_a_sentence(before, now, said):
    assert list(before.differences(now)) == said


def test_differences_can_be_translated_part_by_part():
    before, now = ModelRecord(checkpoint="a", precision="fp8"), ModelRecord(checkpoint="b")
    said = messages.as_data(OtherModel(list(before.differences(now))).message)
    joined = said["values"]["differences"]
    assert joined["text"] == "{said}; {then}"
    assert joined["values"]["said"] == {
        "text": "the checkpoint was '{before}' and is '{now}'",
        "values": {"before": "a", "now": "b"},
    }
    assert joined["values"]["then"]["values"]["part"] == {"text": "precision", "values": {}}


def test_loras_that_prompts_name_and_that_there_are():
    texts = ["a <lora:zen:0.5> <lora:gone:1>", "<lora:zen:1> <lyco:ink wash:0.3:0.2>"]
    assert lora_hashes(texts, {"zen": "12", "ink wash": ""}.get) == {"zen": "12", "ink wash": ""}
