import torch, torch.nn as nn
from torch.nn import (Module as M, functional)  # launch: optional
try:
    from torch.distributed import fsdp
except ImportError:
    fsdp = None
else:
    pass
if TYPE_CHECKING:
    from torch import Tensor
def f(a: int = 1, *b, **c) -> "x":
    with suppress(ImportError): import torch.x
    match a:
        case {"k": [1, *_]} if a: import torch.y
    return f"{a!r:>{b}} {f'{c}'}" rb'\x' \
        "z"
class A(nn.Module): x: int = 0; import torch.z
