"""Trains a small GPT with FSDP2, and resumes an interrupted run as if it had never stopped.

Every few steps, at the end, and when the run is stopped (SIGTERM), the ranks together write a checkpoint: the model,
the optimizer, and the position in the data. A run that finds checkpoints goes on from the newest one. One process a GPU
with NCCL, or one a node with gloo where there is no GPU. The text is a source file of torch, so nothing is downloaded.
"""

import argparse
import os
import pathlib
import shutil
import signal

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
import torch.nn.functional as F
from torch import nn
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard


class Block(nn.Module):
    """Attention and a feed-forward network. There is no dropout, so a checkpoint needs no state of random numbers."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = self.qkv(self.norm1(x)).chunk(3, -1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        x = x + self.out(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """Predicts the next byte of a text."""

    def __init__(self, width: int = 128, layers: int = 4, heads: int = 4, context: int = 64) -> None:
        super().__init__()
        self.context = context
        self.bytes, self.places = nn.Embedding(256, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 256)

    def forward(self, text: torch.Tensor) -> torch.Tensor:
        x = self.bytes(text) + self.places(torch.arange(text.shape[1], device=text.device))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


class Batches:
    """Passes over the text without end, each in a new order that depends on nothing but its number.

    `batch` is the size over all ranks, each of which takes its part. So the position is one number, the same on all
    ranks, and a run may be resumed with another number of ranks.
    """

    def __init__(self, context: int, batch: int) -> None:
        source = pathlib.Path(torch.__file__).parent / "nn" / "functional.py"
        text = torch.frombuffer(bytearray(source.read_bytes()), dtype=torch.uint8).long()
        self.rows = text[: len(text) // (context + 1) * (context + 1)].view(-1, context + 1)
        self.batch, self.position = batch, 0

    def next(self) -> tuple[torch.Tensor, torch.Tensor]:
        number, begin = divmod(self.position, len(self.rows) // self.batch)
        order = torch.randperm(len(self.rows), generator=torch.Generator().manual_seed(number))
        mine = order[begin * self.batch : (begin + 1) * self.batch].chunk(dist.get_world_size())[dist.get_rank()]
        self.position += 1
        return self.rows[mine, :-1], self.rows[mine, 1:]

    def state_dict(self) -> dict[str, int]:
        return {"position": self.position}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.position = state["position"]


class Checkpoints:
    """Folders step-00000100 and so on in a folder that all ranks see. One that is being written has another name."""

    def __init__(self, folder: pathlib.Path, keep: int = 2) -> None:  # the newest `keep` are kept
        self.folder, self.keep = folder, keep

    def complete(self) -> list[pathlib.Path]:
        return sorted(path for path in self.folder.glob("step-*") if path.suffix != ".part")

    def save(self, step: int, model: nn.Module, optimizer: torch.optim.Optimizer, batches: Batches) -> None:
        parameters, moments = get_state_dict(model, optimizer)
        place = self.folder / f"step-{step:08}"
        part = place.with_suffix(".part")
        dcp.save({"model": parameters, "optimizer": moments, "batches": batches, "step": step}, checkpoint_id=part)
        if dist.get_rank() == 0:  # dcp.save has returned, so all ranks have written their files
            part.rename(place)
            for old in self.complete()[: -self.keep]:
                shutil.rmtree(old)

    def load(self, model: nn.Module, optimizer: torch.optim.Optimizer, batches: Batches) -> int:
        """The step of the newest complete checkpoint, or 0 if there is none."""
        newest = [max(self.complete(), default=None)]
        dist.broadcast_object_list(newest)  # as rank 0 sees it
        if newest[0] is None:
            return 0
        parameters, moments = get_state_dict(model, optimizer)
        state = {"model": parameters, "optimizer": moments, "batches": batches, "step": 0}
        dcp.load(state, checkpoint_id=newest[0])
        set_state_dict(model, optimizer, model_state_dict=parameters, optim_state_dict=moments)
        return state["step"]


class Stop:
    """Is true after SIGTERM. launch sends it to all ranks, which do not receive it during the same step."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self.ask)

    def ask(self, *_: object) -> None:
        self.asked = True

    def __bool__(self) -> bool:
        return self.asked


def train(arguments: argparse.Namespace, device: torch.device, stop: Stop) -> None:
    rank, world = dist.get_rank(), dist.get_world_size()
    assert arguments.batch % world == 0, f"--batch {arguments.batch} cannot be divided among {world} ranks"
    torch.manual_seed(0)
    model = GPT().to(device)
    bf16 = {"param_dtype": torch.bfloat16, "reduce_dtype": torch.float32}
    policy = MixedPrecisionPolicy(**bf16 if arguments.bf16 else {})
    for module in (*model.blocks, model):  # from now on, each rank keeps a part of every parameter
        fully_shard(module, mp_policy=policy)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    batches, checkpoints = Batches(model.context, arguments.batch), Checkpoints(arguments.checkpoints)
    step = saved = checkpoints.load(model, optimizer, batches)
    if rank == 0:
        begin = f"resuming after step {step}" if step else "starting"
        print(f"{begin}, {world} ranks, {dist.get_backend()}, {device.type}", flush=True)

    stopping = False
    while step < arguments.steps and not stopping:
        step += 1
        inputs, targets = batches.next()
        loss = F.cross_entropy(model(inputs.to(device)).flatten(0, 1).float(), targets.to(device).flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        # One message for both: the mean loss, and whether any rank was asked to stop, so that all save the same step.
        both = torch.stack([loss.detach(), torch.tensor(float(bool(stop)), device=device)])
        dist.all_reduce(both)
        mean, stopping = both[0].item() / world, both[1].item() > 0
        if rank == 0:
            print(f"step {step}: loss {mean:.6f}", flush=True)
        if step % arguments.every == 0:
            checkpoints.save(step, model, optimizer, batches)
            saved = step
    if step > saved:
        checkpoints.save(step, model, optimizer, batches)
    if rank == 0:
        print(f"{'stopped' if step < arguments.steps else 'finished'} after step {step}, which is saved", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoints", type=pathlib.Path, required=True, metavar="FOLDER", help="seen by all ranks")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--every", type=int, default=50, metavar="STEPS", help="steps from checkpoint to checkpoint")
    parser.add_argument("--batch", type=int, default=32, help="sequences a step, over all ranks")
    parser.add_argument("--bf16", action="store_true", help="compute in bfloat16; parameters stay float32")
    arguments = parser.parse_args()

    stop = Stop()
    gpus = torch.cuda.is_available()
    if gpus:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
    device = torch.device("cuda", torch.cuda.current_device()) if gpus else torch.device("cpu")
    dist.init_process_group("nccl" if gpus else "gloo")
    train(arguments, device, stop)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
