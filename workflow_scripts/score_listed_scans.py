"""Score the scans of a table with a bundle, as `score_scans` does, shard by shard.

Each scan has a folder beside --out; one that has its score already is left as it is. A scan that fails is in the
results with its reason, and fails no job.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` for a bundle or lists that cannot be used."""
    parser = command.parser(__doc__, config="scans")
    parser.add_argument("--table", type=Path, required=True, help="scans, CSV or workbook; see docs/scans.md")
    parser.add_argument("--lists", type=Path, nargs="+", required=True, help="of all shards of list_scans, JSON")
    parser.add_argument("--bundle", type=Path, required=True, help="a trained method, zip")
    options.add_shard(parser)
    parser.add_argument("--out", type=Path, required=True, help="results, JSON; the scans have their folders beside it")
    options.add_runtime(parser)
    args = parser.parse_args(argv)

    from ssinfnet.config.scans import Scans
    from ssinfnet.exchange import bundle
    from ssinfnet.files.json_file import write_json
    from ssinfnet.inference import runtime
    from ssinfnet.scans import batch, listed, listed_scores, scan_table, software
    from ssinfnet.slices.shards import members

    config = command.section(Scans, args.config_json, "scans")
    found = listed.read_lists(args.lists, scan_table.read(args.table))
    scans = members([one for one in found if isinstance(one, listed.Listed)], args.shard, args.shards)
    how = batch.Options(
        identity=config.dicom_identity,
        kind=config.segmentation_type,
        level=config.level,
        batch_size=config.batch_size,
        created=software.now(),
        version=software.version(),
    )
    run = runtime.start(args.gpus, args.threads)
    one_by_one = batch.Batch(bundle.read(args.bundle), args.out.parent, run, how)
    write_json(args.out, {"results": list(listed_scores.score(scans, one_by_one))})


if __name__ == "__main__":
    command.run(main)
