"""Turn a published Inf-Net checkpoint into weights of our Inf-Net.

Reads a PyTorch state dict with the published names, with or without the prefix of a parallel wrapper. Writes
safetensors that load as the single network with the same backbone. Nothing is dropped or left fresh in silence:
a tensor that is missing, unexpected or of another shape is an error that lists it.
"""

from pathlib import Path

from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    parser = command.parser(__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True, help="published PyTorch state dict")
    parser.add_argument("--backbone", choices=("res2net50d", "resnet50"), default="res2net50d", help="its backbone")
    parser.add_argument("--out", type=Path, required=True, help="weights of our network, safetensors")
    args = parser.parse_args(argv)

    import hashlib

    from ssinfnet.config.network import InfNet
    from ssinfnet.exchange import infnet_checkpoint
    from ssinfnet.inference.weights import save_weights

    state = infnet_checkpoint.load(args.checkpoint, args.backbone)
    with args.checkpoint.open("rb") as file:
        source = hashlib.file_digest(file, "sha256").hexdigest()
    network = InfNet(backbone=args.backbone).model_dump_json()
    save_weights(args.out, state, {"network": network, "source_sha256": source})


if __name__ == "__main__":
    command.run(main)
