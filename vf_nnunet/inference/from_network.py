"""Extract the weights of a trained `DualPathwayNet`, with batch normalisation folded into the convolutions."""

from collections.abc import Mapping

from torch import nn

from vf_nnunet.inference.trained_weights import folded_weights
from vf_nnunet.inference.weights import Ensemble, FoldWeights
from vf_nnunet.network.dual_pathway import DualPathwayNet, PreActivatedConvolution


def ensemble_of(networks: Mapping[str, DualPathwayNet]) -> Ensemble:
    """The ensemble of one or more networks of the same architecture, by fold name."""
    architecture = next(iter(networks.values())).architecture
    return Ensemble(architecture, tuple(networks), tuple(fold_weights(network) for network in networks.values()))


def fold_weights(network: DualPathwayNet) -> FoldWeights:
    """The network's layers without batch normalisation; see `folded_weights`."""
    for layers in (network.normal, network.subsampled, network.classifier):
        for layer in layers:
            if not isinstance(layer, nn.Conv3d | PreActivatedConvolution):
                raise TypeError(f"{type(layer).__name__} found; expected a layer of DualPathwayNet")
    return folded_weights({name: values.detach().cpu().numpy() for name, values in network.state_dict().items()})
