"""The dual-pathway network. `DualPathwayNet` is loaded, together with torch, on first use."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vf_nnunet.network.dual_pathway import DualPathwayNet

__all__ = ["DualPathwayNet"]


def __getattr__(name: str) -> Any:
    """Load `DualPathwayNet`, which plans and checkpoints know by this module's name."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from vf_nnunet.network import dual_pathway

    return getattr(dual_pathway, name)
