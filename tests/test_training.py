"""What the trainers share."""

from __future__ import annotations

from rlcf.training import last_checkpoint, machine_args, stopping_args


def checkpoint(folder, step, state="{}"):
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    (path / "adapter_model.safetensors").write_bytes(b"weights")
    if state is not None:
        (path / "trainer_state.json").write_text(state)
    return path


def test_the_newest_whole_checkpoint_is_taken_and_broken_ones_go(tmp_path):
    checkpoint(tmp_path, 5)
    whole = checkpoint(tmp_path, 10)
    unwritten, cut = checkpoint(tmp_path, 15, state=None), checkpoint(tmp_path, 20, state='{"epoch": 1')
    assert last_checkpoint(tmp_path) == whole
    assert not unwritten.exists()
    assert not cut.exists()


def test_no_checkpoint_is_a_fresh_start(tmp_path):
    checkpoint(tmp_path / "some", 5, state=None)
    assert last_checkpoint(tmp_path / "some") is None
    assert last_checkpoint(tmp_path / "none") is None


def test_a_cpu_gets_neither_bf16_nor_checkpointing():
    args = machine_args("cpu", "none")
    assert (args["use_cpu"], args["bf16"], args["activation_checkpointing"]) == (True, False, False)


def test_the_best_checkpoint_is_kept_wherever_there_is_validation():
    assert stopping_args(True)["load_best_model_at_end"]
    assert stopping_args(False)["eval_strategy"] == "no"
