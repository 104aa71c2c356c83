"""Sizes of the spinal canal and of the pedicles beside it."""

# Canal width, canal depth and pedicle width in mm (Panjabi 1991, 1992; the cervical and sacral ones are rough means).
_CANAL: dict[str, tuple[float, float, float]] = {
    "C5": (24.0, 17.4, 5.6),
    "C6": (24.0, 17.5, 6.0),
    "C7": (24.0, 17.0, 7.0),
    "T1": (21.8, 16.4, 8.5),
    "T2": (19.5, 15.5, 8.2),
    "T3": (18.3, 16.1, 6.8),
    "T4": (17.1, 15.9, 6.3),
    "T5": (17.2, 16.1, 6.0),
    "T6": (17.3, 16.3, 6.0),
    "T7": (17.3, 15.9, 5.9),
    "T8": (17.7, 15.9, 6.7),
    "T9": (17.9, 15.9, 7.7),
    "T10": (18.2, 15.8, 9.0),
    "T11": (19.4, 16.1, 9.8),
    "T12": (22.2, 17.6, 8.7),
    "L1": (23.7, 19.0, 8.6),
    "L2": (23.8, 18.2, 8.3),
    "L3": (24.3, 17.5, 10.2),
    "L4": (25.4, 18.6, 14.1),
    "L5": (27.1, 19.7, 18.6),
    "S1": (30.0, 16.0, 18.0),
    "S2": (24.0, 12.0, 16.0),
}


def canal_size(level: str) -> tuple[float, float]:
    """Width and depth of the spinal canal in mm."""
    return _CANAL[level][:2]


def pedicle_width(level: str) -> float:
    """Width of a pedicle in mm."""
    return _CANAL[level][2]
