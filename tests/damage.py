"""Ways in which the bytes of an .npz are damaged."""

from collections.abc import Callable, Iterator
from pathlib import Path

CENTRAL = b"PK\x01\x02"  # begins the record of an array in the zip's central directory


def with_flipped_bytes(path: Path) -> Iterator[None]:
    """Each of the file's bytes in turn has a bit flipped, another one from byte to byte."""
    whole = path.read_bytes()
    for place, byte in enumerate(whole):
        path.write_bytes(whole[:place] + bytes([byte ^ 1 << place % 8]) + whole[place + 1 :])
        yield


def unknown_compression(content: bytearray) -> None:
    """zipfile raises NotImplementedError."""
    content[content.rfind(CENTRAL) + 10] ^= 0x40


def encrypted(content: bytearray) -> None:
    """zipfile raises RuntimeError: it wants a password."""
    content[content.rfind(CENTRAL) + 8] ^= 1


def broken_header(content: bytearray) -> None:
    """NumPy raises TokenError."""
    content[content.rfind(b"'shape': (") + 9] ^= 0x40


def enormous(content: bytearray) -> None:
    """NumPy raises MemoryError: it is to make room for petabytes."""
    start = content.rfind(b"'shape': (")
    old = bytes(content[start : content.index(b"\n", start)])
    content[start : start + len(old)] = b"'shape': (1000000000000000,), }".ljust(len(old))


Kind = Callable[[bytearray], None]
KINDS: tuple[Kind, ...] = (unknown_compression, encrypted, broken_header, enormous)


def damage(path: Path, kind: Kind) -> None:
    """Damage a file."""
    content = bytearray(path.read_bytes())
    kind(content)
    path.write_bytes(content)
