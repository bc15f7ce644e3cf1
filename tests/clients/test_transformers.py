"""Hugging Face's `Trainer`, whose callback is given our writer."""

import pytest

from clients import run_both, steps, without_times
from peers import peer

peer("transformers")
peer("accelerate")

TRAINING = """
    import transformers
    from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments
    from transformers.integrations import TensorBoardCallback

    transformers.set_seed(0)
    if which == "torch":
        from torch.utils.tensorboard import SummaryWriter
    else:
        from tfevents import SummaryWriter
    config = BertConfig(
        vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=16,
    )
    examples = [
        {"input_ids": torch.randint(0, 50, (8,)), "labels": torch.tensor(i % 2)} for i in range(32)
    ]
    trainer = Trainer(
        model=BertForSequenceClassification(config),
        args=TrainingArguments(
            output_dir=os.path.join(os.path.dirname(path), which + "-out"), max_steps=6,
            logging_steps=2, per_device_train_batch_size=4, report_to=[], save_strategy="no",
            eval_strategy="steps", eval_steps=3, use_cpu=True, disable_tqdm=True, seed=0,
        ),
        train_dataset=examples,
        eval_dataset=examples[:8],
        callbacks=[TensorBoardCallback(tb_writer=SummaryWriter(path))],
    )
    trainer.train()
"""


@pytest.mark.timeout(400)
def test_the_callback_logs_what_it_logs_with_torchs_writer(tmp_path):
    theirs, mine = run_both(tmp_path, TRAINING, swap="pass")
    assert steps(mine) == steps(theirs)
    assert without_times(mine, "runtime", "per_second") == without_times(
        theirs, "runtime", "per_second"
    )
    (run,) = mine.scalars.values()
    assert [step for step, _ in run["train/loss"]] == [2, 4, 6]
    assert "eval/loss" in run
    (texts,) = mine.texts.values()
    assert {"args/text_summary", "model_config/text_summary"} <= set(texts)
