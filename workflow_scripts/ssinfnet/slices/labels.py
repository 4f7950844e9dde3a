"""The classes of a slice's mask: their codes and names, the same for every source, network, metric and figure."""

BACKGROUND, GGO, CONSOLIDATION, EFFUSION = range(4)

NAMES = {BACKGROUND: "background", GGO: "ggo", CONSOLIDATION: "consolidation", EFFUSION: "effusion"}
"""The name of each code that a mask may hold, as tables and files have it."""
CLASSES = (NAMES[BACKGROUND], NAMES[GGO], NAMES[CONSOLIDATION])
"""What the multi network tells apart, in the order of its channels; effusion counts as background."""
LESIONS = {NAMES[GGO]: GGO, NAMES[CONSOLIDATION]: CONSOLIDATION}
"""The code of each class of lesion by its name."""
WORDS = {NAMES[GGO]: "GGO", NAMES[CONSOLIDATION]: "consolidation"}
"""How a person reads the name of each class of lesion."""
