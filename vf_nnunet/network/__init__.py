"""The dual-pathway network; `DualPathwayNet` is imported with torch when it is first asked for."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vf_nnunet.network.dual_pathway import DualPathwayNet

__all__ = ["DualPathwayNet"]


def __getattr__(name: str) -> Any:
    """Give `DualPathwayNet` under the name that plans and checkpoints hold."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from vf_nnunet.network import dual_pathway

    return getattr(dual_pathway, name)
