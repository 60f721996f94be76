"""Labelled images that somebody brought → images in MNIST's form with labels; what was left out.

Four kinds are read: an `.npz` with MNIST's four arrays; IDX files, as MNIST and its relatives are
published; CSV files with a label and the pixels in each line, as on Kaggle; and images in folders
named after their class. Each may be packed into a zip archive.

`packed_files` reads the files. Nothing is unpickled, and no header is trusted.
"""

from __future__ import annotations

import gzip
import io
import math
import re
import struct
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnist_core.config.config import ClassName
from mnist_core.config.fields import ConfigError
from mnist_core.config.formatting import count
from mnist_core.config.progress import Report, no_report
from mnist_core.config.sizes import IMAGE_SIDE, MAX_CLASSES, MAX_LEVEL
from mnist_core.digits.datasets.packed_files import File, LabelledFilesError, Unpacked, read_at_most
from mnist_core.digits.datasets.splits import stratified_split
from mnist_core.digits.mnist_format import NothingToClassify
from mnist_core.digits.photos import from_photo, picture_file

IMAGE_BYTES, MORE_BYTES = 4_000, 20_000_000  # limit on the files: for each image, plus a fixed sum
SIDES = 8, 512  # shortest and longest side of an image in an array or CSV, in pixels
MAX_CHARACTERS = 20_000  # the longest line of CSV; an image of 28×28 takes about 3,000
MIN_IN_CLASS = 5  # least number of images of a class: training, validation and test data need some
TEST_SHARE = 0.2  # share of the images for testing, if nothing says which these are
MAX_LISTED = 50  # reasons that are kept for what is left out; further ones are only counted
ARRAYS = {"train": ("x_train", "y_train"), "test": ("x_test", "y_test")}
_SPLITS = {"train": "train", "training": "train", "test": "test", "testing": "test", "t10k": "test"}
_IDX = re.compile(r"(images|labels|imgs|labs)[-.]?idx[13]|idx[13][-.]ubyte", re.IGNORECASE)

_LEVEL = re.compile(r"\s*0{0,9}(1?[0-9]?[0-9]|2[0-4][0-9]|25[0-5])\s*")

Images = NDArray[np.uint8]
LabelledArrays = tuple[Images, Images]  # images and their classes


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """A data set that was read from files.

    Attributes:
        x_train, x_test: (n, 28, 28) and (m, 28, 28) uint8, 0 is paper and 255 is ink.
        y_train, y_test: (n,) and (m,) uint8, indices into `names`.
        names: The names of the 2–26 classes.
        kind: What the files were: "npz", "IDX", "CSV" or "images".
        converted: How many images had to be brought to MNIST's form.
        left_out: Why each file, line or image was left out, by its name; the first `MAX_LISTED`.
        omitted: How many files, lines or images were left out.
        was_split: Whether the files said which images are for testing; if not, a fifth was drawn at
            random.
    """

    x_train: Images = field(repr=False)
    y_train: Images = field(repr=False)
    x_test: Images = field(repr=False)
    y_test: Images = field(repr=False)
    names: tuple[str, ...]
    kind: str
    converted: int
    left_out: dict[str, str]
    omitted: int
    was_split: bool

    def in_words(self) -> list[str]:
        """What was read, in a few sentences."""
        total = len(self.y_train) + len(self.y_test)
        sentences = [
            f"{total:,} images of {len(self.names)} classes: {', '.join(self.names)}.",
            f"{len(self.y_train):,} are for training and {len(self.y_test):,} for testing"
            + ("." if self.was_split else "; a fifth of each class was drawn for testing."),
        ]
        if self.converted:
            sentences.append(
                f"{_were_in_words(self.converted)} brought to MNIST's form, 28×28, light on dark."
            )
        if self.omitted:
            sentences.append(f"{_were_in_words(self.omitted)} left out.")
        return sentences


def _were_in_words(number: int) -> str:
    return f"{number:,} {'was' if number == 1 else 'were'}"


def read(
    files: Sequence[File],
    most: int,
    names: Sequence[str] = (),
    report: Report = no_report,
    seconds: float = math.inf,
) -> LabelledImages:
    """Read the labelled images in files, which may have 20 MB plus 4,000 bytes for each image.

    Args:
        files: One archive, or files that belong together.
        most: How many images there may be.
        names: Names of the classes in the order of their labels; by default the labels.
        report: Called with the share done, 0 to 1.
        seconds: How long reading may take.

    Raises:
        LabelledFilesError: The files hold no usable data set.
    """
    with Unpacked(files, MORE_BYTES + most * IMAGE_BYTES) as unpacked:
        reading = _Reading(most, report, seconds)
        kind = reading.read(unpacked)
    return _data_set(reading, kind, names)


class _Reading:
    """Collects images and their labels from files, by split."""

    def __init__(self, most: int, report: Report, seconds: float) -> None:
        self.most, self.report = most, report
        self.most_bytes = MORE_BYTES + most * IMAGE_BYTES
        self.seconds, self.deadline = seconds, time.monotonic() + seconds
        self.images: dict[str, list[Images]] = {}
        self.labels: dict[str, list[str]] = {}
        self.left_out: dict[str, str] = {}
        self.omitted = self.converted = 0
        self.of_28: list[tuple[str, Images, str, str]] = []  # split, image, label, what

    def read(self, files: Sequence[File]) -> str:
        """Find out what kind of files these are and read them; returns the kind."""
        kind = self._read(files)
        self._add_those_of_28()
        return kind

    def _read(self, files: Sequence[File]) -> str:
        endings = {PurePosixPath(one.name).suffix.lower() for one in files}
        if ".npz" in endings:
            npz = [one for one in files if one.name.lower().endswith(".npz")]
            if len(npz) > 1:
                raise LabelledFilesError(
                    f"There are {len(npz)} .npz files; one is expected, with the arrays x_train, "
                    "y_train, x_test and y_test."
                )
            self._npz(npz[0])
            return "npz"
        if any(_IDX.search(one.name) for one in files):
            self._idx([one for one in files if _IDX.search(one.name)])
            return "IDX"
        if ".csv" in endings:
            self._csv([one for one in files if one.name.lower().endswith(".csv")])
            return "CSV"
        self._pictures(files)
        return "images"

    def leave_out(self, name: str, why: str) -> None:
        """Note that something is left out, and why."""
        self.omitted += 1
        if len(self.left_out) < MAX_LISTED:
            self.left_out[name] = why

    def left_out_in_words(self) -> str:
        """How much was left out, and why the first of it was; "" if nothing was."""
        if not self.omitted:
            return ""
        first = "; ".join(
            f"{name}: {why.rstrip('.')}" for name, why in list(self.left_out.items())[:3]
        )
        rest = "; and so on" if self.omitted > 3 else ""
        return f" {_were_in_words(self.omitted)} left out: {first}{rest}."

    def _add(self, split: str, image: Images, label: str) -> None:
        self.images.setdefault(split, []).append(image)
        self.labels.setdefault(split, []).append(label)
        if sum(map(len, self.labels.values())) > self.most:
            raise LabelledFilesError(
                f"There are more than {self.most:,} images; at most so many can be. Leave some out."
            )

    def _add_all(self, split: str, images: NDArray, labels: NDArray, what: str) -> None:
        """Add an array of images, (n, h, w) uint8, with their labels, (n,) integers."""
        if len(images) != len(labels):
            raise LabelledFilesError(
                f"{what}: {len(images):,} images have {len(labels):,} labels; as many are expected."
            )
        for number, (image, label) in enumerate(zip(images, labels.tolist(), strict=True)):
            self._check_time()
            self._add_image(split, image, str(label), f"{what}, image {number}")
            if not number % 500:
                self.report(number / len(images))

    def _check_time(self) -> None:
        if time.monotonic() > self.deadline:
            raise LabelledFilesError(
                f"Reading took more than {count(round(self.seconds / 60), 'minute')}. Bring fewer "
                "or smaller images."
            )

    def _add_image(self, split: str, image: Images, label: str, what: str) -> None:
        """Add an image, brought to MNIST's form if need be."""
        if image.shape == (IMAGE_SIDE, IMAGE_SIDE):
            self.of_28.append((split, np.array(image), label, what))
        else:
            self._convert(split, image, label, what)

    def _add_those_of_28(self) -> None:
        """Add the images of 28×28 pixels: as they are, unless most of them are dark on light. A
        single one could not tell: a light coat on black may reach the border on all sides."""
        inverted = [_has_light_border(image) for _, image, _, _ in self.of_28]
        convert = 2 * sum(inverted) > len(inverted)
        for number, (split, image, label, what) in enumerate(self.of_28):
            self._check_time()
            if convert:
                self._convert(split, image, label, what)
            else:
                self._add(split, image, label)
            if not number % 500:
                self.report(number / len(self.of_28))

    def _convert(self, split: str, image: Images, label: str, what: str) -> None:
        """Bring an image to MNIST's form and add it, or say why that is not possible."""
        found = from_photo.digit_from_image(
            Image.fromarray(np.ascontiguousarray(image)), single=True
        )
        if isinstance(found, NothingToClassify):
            self.leave_out(what, _REASONS[found.kind])
            return
        self.converted += 1
        self._add(split, found.image, label)

    def _npz(self, file: File) -> None:
        content = file.read(self.most_bytes)
        if content.startswith(_PICKLE):
            raise LabelledFilesError(
                f"{file.name} holds Python objects (a pickle), which are not read, as they could "
                "run code. Save its arrays with numpy.savez."
            )
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                names = {one.removesuffix(".npy") for one in archive.namelist()}
                lacking = [name for pair in ARRAYS.values() for name in pair if name not in names]
                if lacking:
                    raise LabelledFilesError(
                        f"{file.name} has no array {', '.join(lacking)}; x_train, y_train, x_test "
                        "and y_test are expected, as in mnist.npz."
                    )
                pairs = {
                    split: [_array(archive, name, self.most_bytes) for name in pair]
                    for split, pair in ARRAYS.items()
                }
        except LabelledFilesError:
            raise
        except Exception as error:  # zipfile, zlib and NumPy's reader raise many kinds
            raise LabelledFilesError(
                f"{file.name} is damaged or no .npz ({str(error) or type(error).__name__})."
            ) from error
        for split, (images, labels) in pairs.items():
            self._check_arrays(images, labels, f"{file.name}, {split}")
            self._add_all(split, images, labels, f"{file.name}, {split}")

    def _idx(self, files: Sequence[File]) -> None:
        parts: dict[str, dict[int, NDArray]] = {}
        for file in files:
            array = _idx_array(file, self.most_bytes)
            split = _split_of(file.name) or "train"
            dimensions = min(array.ndim, 3)
            if dimensions in parts.setdefault(split, {}):
                raise LabelledFilesError(f"{file.name}: there are two such files for {split}ing.")
            parts[split][dimensions] = array
        for split, arrays in parts.items():
            if set(arrays) != {1, 3}:
                lacking = "images" if 1 in arrays else "labels"
                raise LabelledFilesError(
                    f"The IDX file with the {lacking} for {split}ing is missing; "
                    f"{split}-images-idx3-ubyte and {split}-labels-idx1-ubyte belong together."
                )
            self._check_arrays(arrays[3], arrays[1], f"the IDX files for {split}ing")
            self._add_all(split, arrays[3], arrays[1], f"IDX, {split}")

    def _check_arrays(self, images: NDArray, labels: NDArray, what: str) -> None:
        if images.ndim != 3 or images.dtype != np.uint8 or max(images.shape[1:]) > SIDES[1]:
            raise LabelledFilesError(
                f"{what}: images of shape {images.shape} and type {images.dtype}; expected "
                f"(n, height, width) of uint8, with sides of at most {SIDES[1]} pixels."
                + _FLOATS
                * np.issubdtype(images.dtype, np.floating)
            )
        if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
            raise LabelledFilesError(
                f"{what}: labels of shape {labels.shape} and type {labels.dtype}; expected (n,) of "
                "whole numbers."
            )

    def _csv(self, files: Sequence[File]) -> None:
        lines_left = 2 * self.most + len(files)  # headings, and a blank line per image
        for file in files:
            split = _split_of(PurePosixPath(file.name).stem) if len(files) > 1 else ""
            content = file.read(self.most_bytes)
            packed = io.BytesIO(content)
            text = io.TextIOWrapper(packed, encoding="utf-8-sig")
            try:
                for number, line in enumerate(_lines(text), 1):
                    what = f"{file.name}, line {number}"
                    lines_left -= 1
                    self._check_line(line, lines_left, what)
                    self._csv_line(split, line, number, what)
                    if not number % 500:
                        self.report(packed.tell() / len(content))
            except UnicodeDecodeError as error:
                raise LabelledFilesError(f"{file.name} is no text in UTF-8 ({error}).") from error

    def _check_line(self, line: str, lines_left: int, what: str) -> None:
        """Raise LabelledFilesError if a line is too long for an image, or there are too many
        lines."""
        self._check_time()
        if len(line) == MAX_CHARACTERS:
            raise LabelledFilesError(
                f"{what} has {MAX_CHARACTERS:,} characters or more; a label and the pixels of an "
                "image of 28×28 are expected. Write smaller images, each in its own line."
            )
        if lines_left < 0:
            raise LabelledFilesError(
                f"{what}: there are too many lines for {self.most:,} images, which is the most "
                "that can be. Leave out blank lines and those that hold no image."
            )

    def _csv_line(self, split: str, line: str, number: int, what: str) -> None:
        label, *pixels = line.split(",")
        headings = number == 1 and pixels and not pixels[0].strip().isdecimal()
        if headings or not line.strip():
            return
        if not pixels and ";" in line:
            self.leave_out(what, "its values are separated by semicolons; commas are expected")
            return
        side = math.isqrt(len(pixels))
        if side * side != len(pixels) or not SIDES[0] <= side <= SIDES[1]:
            self.leave_out(
                what,
                f"{count(len(pixels), 'value')} after the label; expected are the pixels of a "
                f"square image, {SIDES[0]}×{SIDES[0]} = {SIDES[0] ** 2} or more",
            )
            return
        if wrong := next((pixel for pixel in pixels if not _LEVEL.fullmatch(pixel)), None):
            self.leave_out(what, f"{wrong.strip()!r:.40} is no level: a whole number from 0 to 255")
            return
        image = np.array([int(pixel) for pixel in pixels], np.uint8).reshape(side, side)
        self._add_image(split, image, label.strip().strip('"'), what)

    def _pictures(self, files: Sequence[File]) -> None:
        for number, file in enumerate(files, 1):
            self._check_time()
            path = PurePosixPath(file.name)
            if path.suffix.lower().lstrip(".") not in picture_file.EXTENSIONS:
                self.leave_out(file.name, "no image: PNG, JPEG, WebP and HEIC files can be read")
                continue
            if len(path.parts) < 2:
                self.leave_out(file.name, "it lies in no folder that is called after its class")
                continue
            try:
                content = file.read(picture_file.MAX_IMAGE_BYTES)
                image = picture_file.open_image(content)
            except (picture_file.ImageError, LabelledFilesError, OSError) as error:
                self.leave_out(file.name, str(error))
                continue
            split = next((_SPLITS[p.lower()] for p in path.parts[:-2] if p.lower() in _SPLITS), "")
            self._add_image(split, np.asarray(image), path.parts[-2], file.name)
            self.report(number / len(files))


_PICKLE = b"\x80"  # how one begins since protocol 2
_FLOATS = " Levels from 0.0 to 1.0 become so by (255 * x).round().astype(np.uint8)."
_REASONS = {
    "blank": "it is blank: nothing is lighter or darker than the rest",
    "dot": "there is only a dot on it",
}


def _data_set(reading: _Reading, kind: str, names: Sequence[str]) -> LabelledImages:
    """The images as a data set. Raises LabelledFilesError as `_classes` and `_named` do, and if the
    training images lack a class."""
    labels = _classes(reading)
    called = _named(labels, names)
    was_split = "train" in reading.images and "test" in reading.images
    train, test = _two_splits(reading, labels)
    lacking = sorted(set(range(len(labels))) - set(train[1].tolist()))
    if lacking:
        raise LabelledFilesError(
            f"There is no training image of {', '.join(called[one] for one in lacking)}."
        )
    return LabelledImages(
        *train,
        *test,
        called,
        kind,
        reading.converted,
        reading.left_out,
        reading.omitted,
        was_split,
    )


def _classes(reading: _Reading) -> list[str]:
    """The labels of the classes, numbers in their order. Raises LabelledFilesError unless there are
    at least two, and not too many, each with enough images."""
    count_of = Counter(label for labels in reading.labels.values() for label in labels)
    if not count_of:
        raise LabelledFilesError(
            "There is no labelled image here: images in folders named after their class, "
            "CSV with a label first in each line, IDX or .npz are expected."
            + reading.left_out_in_words()
        )
    if not 2 <= len(count_of) <= MAX_CLASSES:
        shown = ", ".join([*sorted(count_of)[:8], *["…"] * (len(count_of) > 8)])
        raise LabelledFilesError(
            f"There {'is' if len(count_of) == 1 else 'are'} "
            f"{count(len(count_of), 'class', 'classes')} ({shown:.120}); 2 to {MAX_CLASSES} are "
            f"expected.{reading.left_out_in_words()}"
        )
    labels = sorted(count_of, key=lambda one: (one.zfill(20) if one.isdecimal() else one, one))
    few = [f"{one} ({count_of[one]})" for one in labels if count_of[one] < MIN_IN_CLASS]
    if few:
        raise LabelledFilesError(
            f"Of each class at least {MIN_IN_CLASS} images are needed; there are fewer of "
            f"{', '.join(few)}.{reading.left_out_in_words()}"
        )
    return labels


def _two_splits(reading: _Reading, labels: Sequence[str]) -> tuple[LabelledArrays, LabelledArrays]:
    """The images for training and for testing, each with their classes as indices in `labels`. What
    is in neither is for training; without both, some of each class are drawn for testing."""
    index_of = {label: index for index, label in enumerate(labels)}
    arrays = {
        split: (
            np.stack(reading.images[split]),
            np.array([index_of[label] for label in reading.labels[split]], np.uint8),
        )
        for split in reading.images
    }
    if "train" not in arrays or "test" not in arrays:
        images, y = (np.concatenate(parts) for parts in zip(*arrays.values(), strict=True))
        train, test = stratified_split(y, TEST_SHARE, seed=0)
        return (images[train], y[train]), (images[test], y[test])
    for_training = [arrays[split] for split in ("train", "") if split in arrays]
    images, y = (np.concatenate(parts) for parts in zip(*for_training, strict=True))
    return (images, y), arrays["test"]


def _named(labels: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """The names of the classes: those given, or else the labels.

    Raises:
        LabelledFilesError: There are more or fewer names than labels, or one can't be used.
    """
    called = tuple(" ".join(name.split()) for name in names or labels)
    if len(called) != len(labels):
        raise LabelledFilesError(
            f"There are {len(labels)} classes, {', '.join(labels)}, and "
            f"{count(len(called), 'name')}; as many are expected, in this order."
        )
    if len(set(called)) < len(called):
        raise LabelledFilesError("Two classes have the same name. Give each its own.")
    for name in called:
        try:
            ClassName(name)
        except ConfigError as error:
            raise LabelledFilesError(
                f"The class {name!r:.60} can't be called so: expected 1–20 characters."
            ) from error
    return called


def _split_of(name: str) -> str:
    """The split that a file's name puts it in: "train", "test", or "" if it names none."""
    words = re.split(r"[^a-z0-9]+", name.lower())
    return next((_SPLITS[word] for word in words if word in _SPLITS), "")


def _lines(text: io.TextIOBase) -> Iterator[str]:
    """The lines of a file, read one by one; a line that is too long comes in parts."""
    while line := text.readline(MAX_CHARACTERS):
        yield line


def _has_light_border(image: Images) -> bool:
    """Whether most of an image's border, where paper is expected, is lighter than half."""
    border = np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
    return bool(np.median(border) > MAX_LEVEL / 2)


def _array(archive: zipfile.ZipFile, name: str, most: int) -> NDArray:
    """An array of an .npz. Its header must match the number of its bytes, since NumPy would reserve
    as much memory as a false header claims. A pickled array is refused."""
    with archive.open(f"{name}.npy") as packed:
        content = read_at_most(packed, most, name)
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_1_0
    if version != (1, 0):
        read_header = np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read_header(file)
    rest = content[file.tell() :]
    if dtype.hasobject:
        raise LabelledFilesError(
            f"{name} in the .npz holds Python objects (a pickle), which are not read, as they "
            "could run code. Save it as an array of whole numbers, such as uint8."
        )
    if math.prod(shape) * dtype.itemsize != len(rest):
        raise ValueError(f"{name}: {len(rest):,} bytes are no array {shape} of {dtype}")
    return np.frombuffer(rest, dtype).reshape(shape, order="F" if fortran else "C")


def _idx_array(file: File, most: int) -> NDArray:
    """The array of an IDX file: two zero bytes, 8 for unsigned bytes, the number of dimensions,
    each as a big-endian 32-bit integer, then the data (see `mnist.idx_md5`)."""
    content = file.read(most)
    if content[:2] == b"\x1f\x8b":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
                content = read_at_most(cast(IO[bytes], packed), most, file.name)
        except (OSError, EOFError, zlib.error) as error:
            raise LabelledFilesError(f"{file.name} is damaged ({error}).") from error
    if content[:3] != b"\0\0\x08" or len(content) < 8 or content[3] not in (1, 3):
        raise LabelledFilesError(
            f"{file.name} is no IDX file of unsigned bytes with one or three dimensions."
        )
    start = 4 + 4 * content[3]
    shape = struct.unpack(f">{content[3]}I", content[4:start])
    if len(content) - start != math.prod(shape):
        raise LabelledFilesError(
            f"{file.name} says that it holds {' × '.join(map(str, shape))} bytes, and has "
            f"{len(content) - start:,}: it is damaged."
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
