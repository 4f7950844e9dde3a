"""Mark groups of unlabelled slices one after another, and fine-tune the network that marks on all of them in between.

The groups are drawn by the seed from the slices of all stores that show nothing held out. The first is marked by the
teacher, each further one by the network that was fine-tuned on the labelled slices and all groups before. A job takes
the groups from --after-group to --until-group. It writes the slices that it has marked, as predict_pseudo_labels.py
does; the weights after its last group; and a table with a row per group and epoch.
"""

from pathlib import Path

from ssinfnet.command import options
from ssinfnet.command import parser as command


def main(argv: list[str] | None = None) -> None:
    """Run the command; raises `InputError` where no slice may be used, and for weights that do not fit."""
    parser = command.parser(
        __doc__,
        config="single (network, training), augmentation, labels, unlabelled (window), self_training (slices, stretch, "
        "confidence, progressive), priors (with --fold)",
    )
    options.add_slices(parser)
    options.add_fold(parser)
    options.add_labels(parser)
    parser.add_argument("--unlabelled", type=Path, nargs="+", required=True, help="slice stores of unlabelled slices")
    parser.add_argument("--screened", type=Path, required=True, help="which are usable, CSV by screen_unlabelled.py")
    parser.add_argument("--seed", type=int, required=True, help="seed of groups, batches and augmentation")
    parser.add_argument("--after-group", type=int, required=True, help="groups that are done before, 0 for none")
    parser.add_argument("--until-group", type=int, required=True, help="groups that are done when this job ends")
    parser.add_argument("--weights", type=Path, required=True, help="the teacher, or the network after these groups")
    parser.add_argument(
        "--marked", type=Path, nargs="+", default=[], help="stores of the groups before, in order; not with relabel"
    )
    parser.add_argument(
        "--out-labels", type=Path, required=True, help="slice store with the arrays image and infection"
    )
    parser.add_argument("--out-weights", type=Path, required=True, help="weights after the last group, safetensors")
    parser.add_argument("--out-epochs", type=Path, required=True, help="table with a row per group and epoch, CSV")
    options.add_runtime(parser)
    args = parser.parse_args(argv)

    import contextlib

    from ssinfnet.config.augmentation import Augmentation
    from ssinfnet.config.labels import Labels
    from ssinfnet.config.priors import Priors
    from ssinfnet.config.self_training import SelfTraining
    from ssinfnet.config.training import Single
    from ssinfnet.config.unlabelled import Unlabelled
    from ssinfnet.inference import runtime
    from ssinfnet.slices.learned import learned_ids
    from ssinfnet.slices.parts import part_ids, read_split
    from ssinfnet.slices.screening import read_screened
    from ssinfnet.slices.store import SliceStore
    from ssinfnet.training import groups, pseudo_labels
    from ssinfnet.training.data import load
    from ssinfnet.training.tasks import InfectionTask

    single = command.section(Single, args.config_json, "single")
    augmentation = command.section(Augmentation, args.config_json, "augmentation")
    infection = command.section(Labels, args.config_json, "labels").infection
    learning = command.section(SelfTraining, args.config_json, "self_training")
    window = command.section(Unlabelled, args.config_json, "unlabelled").window
    folds = None if args.fold is None else command.section(Priors, args.config_json, "priors").folds
    run = runtime.start(args.gpus, args.threads)

    size, table = single.training.size, read_split(args.split)
    with contextlib.ExitStack() as stack:
        stores = [stack.enter_context(SliceStore(path)) for path in args.unlabelled]
        chosen = pseudo_labels.choose_places(stores, read_screened(args.screened), learning.slices)
        places = groups.in_random_order(chosen, args.seed)[: args.until_group * learning.progressive.group_size]
        store = stack.enter_context(SliceStore(args.slices))
        ids = learned_ids(table, args.labels, args.seed, args.fold, folds)
        labelled = load(store, ids, size, infection_labels=infection)
        validation = load(store, part_ids(table, "validation"), size, infection_labels=infection)
        window_of = (store, part_ids(table, "train")) if window == "match" else None
        images = pseudo_labels.load_places(places, size, window_of)
        before = [stack.enter_context(SliceStore(path)) for path in args.marked]
        groups.run_groups(
            options.take(groups.GroupsJob, args),
            single.network,
            learning.progressive.fine_tuning(single.training),
            augmentation,
            learning,
            InfectionTask("self_training.progressive.group_training", confidence=learning.confidence),
            places,
            images,
            pseudo_labels.load_pseudo_labels(before, size) if before else None,
            labelled,
            validation,
            run,
        )


if __name__ == "__main__":
    command.run(main)
