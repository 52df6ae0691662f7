"""Trains a small causal transformer on the text of torch's own sources, with DistributedDataParallel.

One process a GPU with NCCL, or one a node with gloo where there is no GPU. At the end the loss must have fallen and
all ranks must hold the same parameters.
"""

import argparse
import gc
import os
import pathlib
import sys
import time

import torch
import torch.distributed as dist
import torch.distributed.nn  # DDP imports it; after init_process_group its default arguments would hold the group for ever
import torch.nn.functional as F
from torch import nn
from torch.nn.parallel import DistributedDataParallel


class TinyTransformer(nn.Module):
    """Predicts the next byte of a text."""

    def __init__(self, width: int = 64, layers: int = 2, heads: int = 4, context: int = 64) -> None:
        super().__init__()
        self.context = context
        self.bytes = nn.Embedding(256, width)
        self.places = nn.Embedding(context, width)
        layer = nn.TransformerEncoderLayer(width, heads, 4 * width, dropout=0.0, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(width, 256)

    def forward(self, text: torch.Tensor) -> torch.Tensor:
        length = text.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(length, device=text.device)
        x = self.bytes(text) + self.places(torch.arange(length, device=text.device))
        return self.head(self.layers(x, mask=mask, is_causal=True))


def corpus() -> torch.Tensor:
    source = pathlib.Path(torch.__file__).parent / "nn" / "functional.py"
    return torch.frombuffer(bytearray(source.read_bytes()), dtype=torch.uint8).long()


def batch(text: torch.Tensor, size: int, length: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    starts = torch.randint(len(text) - length - 1, (size,), generator=generator)
    rows = torch.stack([text[s : s + length + 1] for s in starts])
    return rows[:, :-1], rows[:, 1:]


def assert_equal_parameters(model: nn.Module) -> None:
    mine = torch.cat([p.detach().flatten() for p in model.parameters()])
    first = mine.clone()
    dist.broadcast(first, src=0)
    assert torch.equal(mine, first), f"rank {dist.get_rank()} has other parameters than rank 0"


def train(arguments: argparse.Namespace, device: torch.device) -> None:
    rank, world = dist.get_rank(), dist.get_world_size()
    print(f"torch {torch.__version__}, {dist.get_backend()}, rank {rank} of {world} on {device}", flush=True)

    torch.manual_seed(0)
    model = DistributedDataParallel(TinyTransformer().to(device))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    text, generator = corpus(), torch.Generator().manual_seed(rank)
    losses = []
    began = time.perf_counter()
    for step in range(1, arguments.steps + 1):
        if step == arguments.fail_at and rank == world - 1:
            raise RuntimeError(f"rank {rank} was asked to fail at step {step}")
        inputs, targets = batch(text, arguments.batch, model.module.context, generator)
        loss = F.cross_entropy(model(inputs.to(device)).flatten(0, 1), targets.to(device).flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        mean = loss.detach().clone()
        dist.all_reduce(mean)
        losses.append(mean.item() / world)
        if rank == 0 and (step == 1 or step % 10 == 0):
            print(f"step {step}: loss {losses[-1]:.3f}", flush=True)

    assert_equal_parameters(model)
    if len(losses) >= 20:
        assert losses[-1] < losses[0], f"the loss did not fall: {losses[0]:.3f} at first, {losses[-1]:.3f} at last"
    if rank == 0:
        took = time.perf_counter() - began
        print(
            f"loss {losses[0]:.3f} -> {losses[-1]:.3f} in {len(losses)} steps ({took:.1f} s), "
            f"equal parameters on {world} rank{'s' if world > 1 else ''}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--batch", type=int, default=16, help="sequences a rank")
    parser.add_argument("--fail-at", type=int, metavar="STEP", help="the last rank raises an error at this step")
    arguments = parser.parse_args()

    gpus = torch.cuda.is_available()
    if gpus:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
    device = torch.device("cuda", torch.cuda.current_device()) if gpus else torch.device("cpu")
    dist.init_process_group("nccl" if gpus else "gloo")
    train(arguments, device)
    # The group's threads end with its last user, DDP; one that still ran when Python ends could abort the process.
    gc.collect()
    dist.destroy_process_group()


if __name__ == "__main__":
    sys.exit(main())
