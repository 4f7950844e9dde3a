"""Helper functions of the rules for a person's own scans: the table, what it names, and the bundle."""

from ssinfnet.config.messages import near


@functools.cache
def table_of_scans():
    """The rows of the table of scans; ends with a message for one that cannot be used."""
    if not CONFIG.scans.table:
        return []
    from ssinfnet.scans import scan_table

    try:
        return scan_table.read(CONFIG.scans.table)
    except InputError as error:
        sys.exit(f"error: {error}")


def content_of_scans(wildcards):
    """Params function: what the rows of a shard name, by names, sizes and times of files."""
    from ssinfnet.scans import scan_table
    from ssinfnet.slices.shards import members

    try:
        return scan_table.stamp(members(table_of_scans(), int(wildcards.shard), CONFIG.scans.shards))
    except InputError as error:
        sys.exit(f"error: {error}")


def bundle_for_scans():
    """The bundle that scores the scans: the user's, or that of a method, which has to be trained for it."""
    name = CONFIG.scans.bundle
    if name in CONFIG.methods:
        return [rules.export_bundle.output.bundle.format(method=name)]
    if name and not Path(name).is_file():
        known = ", ".join(CONFIG.methods)
        sys.exit(f"error: scans.bundle: {name} is neither a file nor a method ({known}){near(name, [*CONFIG.methods])}")
    return given(name)


def shards_of_scans(pattern):
    """The files of all shards of the scans."""
    return expand(pattern, shard=range(CONFIG.scans.shards))
