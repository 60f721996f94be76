"""Labelled images of other people, in each form in which they come, and what is refused."""

import gzip
import io
import pickle
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from mnist_core.digits.datasets import labelled_images
from mnist_core.digits.datasets.packed_files import LabelledFilesError, files_of, in_memory
from tests.letters import letter, letters, png, zipped

MAX_IMAGES = 1000


def read(files, names=(), most=MAX_IMAGES, **more):
    files = files if isinstance(files, dict) else {"data.zip": files}
    return labelled_images.read(
        [in_memory(name, content) for name, content in files.items()], most, names, **more
    )


def refused(files, match, **more):
    with pytest.raises(LabelledFilesError, match=match):
        read(files, **more)


def npz(**arrays) -> bytes:
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


def images(n, classes=3, seed=0):
    """Random images, dark at the border, and their labels."""
    made = np.random.default_rng(seed).integers(0, 256, (n, 28, 28)).astype(np.uint8)
    made[:, [0, -1]] = made[:, :, [0, -1]] = 0
    return made, (np.arange(n) % classes).astype(np.uint8)


def idx(array) -> bytes:
    shape = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + shape + array.astype(np.uint8).tobytes()


def test_an_npz_in_mnists_layout_is_taken_as_it_is():
    x, y = images(40)
    found = read({"my.npz": npz(x_train=x[:30], y_train=y[:30], x_test=x[30:], y_test=y[30:])})
    assert (found.x_train == x[:30]).all()
    assert (found.y_test == y[30:]).all()
    assert found.names == ("0", "1", "2")
    assert (found.kind, found.converted, found.omitted, found.was_split) == (
        "npz",
        0,
        0,
        True,
    )


def test_labels_that_begin_with_1_get_names_in_their_order():
    x, y = images(40)
    arrays = dict(x_train=x[:30], y_train=y[:30] + 1, x_test=x[30:], y_test=y[30:].astype(np.int64))
    arrays["y_test"] += 1
    found = read({"my.npz": npz(**arrays)}, ["Trouser", "Bag ", "Ankle boot"])
    assert found.names == ("Trouser", "Bag", "Ankle boot")
    assert (found.y_train == y[:30]).all()


@pytest.mark.parametrize("packed", [False, True])
def test_idx_files_belong_together_by_their_names(packed):
    x, y = images(40, classes=4)
    files = {
        "train-images-idx3-ubyte": idx(x[:30]),
        "train-labels-idx1-ubyte": idx(y[:30]),
        "t10k-images-idx3-ubyte": idx(x[30:]),
        "t10k-labels-idx1-ubyte": idx(y[30:]),
    }
    if packed:
        files = {f"{name}.gz": gzip.compress(content) for name, content in files.items()}
        files = {"fashion.zip": zipped(files)}
    found = read(files)
    assert (found.x_train == x[:30]).all()
    assert (found.x_test == x[30:]).all()
    assert (found.y_test == y[30:]).all()


def test_csv_as_on_kaggle_is_split_and_wrong_lines_are_reported():
    x, y = images(50)
    rows = [",".join(map(str, [label, *image.ravel()])) for image, label in zip(x, y, strict=True)]
    rows[3] = rows[3].rsplit(",", 1)[0]
    rows[5] = rows[5].rsplit(",", 1)[0] + ",256"
    rows[7] = rows[7].rsplit(",", 1)[0] + ",x"
    heading = ",".join(["label", *(f"pixel{n}" for n in range(784))])
    found = read({"train.csv": "\n".join([heading, *rows]).encode()})
    assert found.omitted == 3
    assert found.left_out["train.csv, line 5"].startswith("783 values after the label")
    assert found.left_out["train.csv, line 7"].startswith(
        "'256' is no level: a whole number from 0"
    )
    assert found.left_out["train.csv, line 9"].startswith("'x' is no level")
    assert len(found.y_train) + len(found.y_test) == 47
    assert len(found.y_test) == round(47 / 5)
    together = np.concatenate([found.x_train, found.x_test])
    kept = [one for number, one in enumerate(x) if number not in (3, 5, 7)]
    assert sorted(map(bytes, together)) == sorted(map(bytes, kept))
    assert not found.was_split


def test_images_in_folders_are_brought_to_mnists_form(tmp_path):
    files = letters("AHX", 12)
    files |= {"letters/A/notes.txt": b"?", "letters/X/broken.png": b"\x89PNG", "__MACOSX/._A": b""}
    files |= {"letters/A/.DS_Store": b"", "loose.png": files["letters/A/000.png"]}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    found = labelled_images.read(files_of(tmp_path), MAX_IMAGES)
    assert found.names == ("A", "H", "X")
    assert found.converted == 36
    assert set(found.left_out) == {"letters/A/notes.txt", "letters/X/broken.png", "loose.png"}
    both = np.concatenate([found.x_train, found.x_test])
    assert both.shape == (36, 28, 28)
    rows, columns = np.indices((28, 28))
    for image in both:  # MNIST's form: 20 pixels high or wide, the mass in the middle, on black
        ys, xs = np.nonzero(image)
        assert max(np.ptp(ys), np.ptp(xs)) + 1 == pytest.approx(20, abs=1)
        assert (image * rows).sum() / image.sum(dtype=float) == pytest.approx(14, abs=1)
        assert (image * columns).sum() / image.sum(dtype=float) == pytest.approx(14, abs=1)
    assert np.bincount(found.y_train).sum() == 29
    assert read({"all.zip": zipped(files)}).x_train.tobytes() == found.x_train.tobytes()


def test_folders_called_train_and_test_are_kept_apart():
    rng = np.random.default_rng(0)
    pictures = {
        f"{part}/{sign}/{n}.png": png(letter(sign, rng))
        for part, many in (("Train", 6), ("test", 2))
        for sign in "AB"
        for n in range(many)
    }
    found = read(zipped(pictures))
    assert (len(found.y_train), len(found.y_test), found.was_split) == (12, 4, True)


def test_dark_on_light_arrays_are_turned_and_other_sizes_scaled():
    x = np.full((20, 28, 28), 255, np.uint8)
    x[:10, 6:22, 13:16] = 0
    x[10:, 13:16, 6:22] = 0
    y = (np.arange(20) >= 10).astype(np.uint8)
    found = read({"d.npz": npz(x_train=x, y_train=y, x_test=x, y_test=y)})
    assert found.converted == 40
    upright = found.x_train[0]
    assert upright[:, 13:15].max() == 255
    assert upright[:, :8].max() == upright[:, 20:].max() == 0


def test_images_of_28_pixels_are_turned_together_or_not_at_all():
    x, y = images(40)
    x[::4, [0, -1]] = x[::4, :, [0, -1]] = 255  # on black, and up to the border, as a coat may be
    found = read({"a.npz": npz(x_train=x[:30], y_train=y[:30], x_test=x[30:], y_test=y[30:])})
    assert (found.x_train == x[:30]).all()
    assert not found.converted


def test_a_climbing_path_and_a_password_are_refused():
    for name in ("../../evil/A/1.png", "/etc/A/1.png", "..\\A\\1.png", "C:/A/1.png"):
        refused(zipped({name: b""}), "leads out of the archive")
    named = {
        name.removeprefix("letters/").replace("A/", "A: upper/"): content
        for name, content in letters("AB", 6).items()
    }
    assert read(zipped(named)).names == ("A: upper", "B")  # no drive
    archive = bytearray(zipped({"A/1.png": b"x"}))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        archive[archive.index(signature) + place] |= 1
    refused(bytes(archive), "password")


def test_a_bomb_takes_no_memory():
    bomb = zipped({"A/1.png": bytes(200_000_000)})
    assert len(bomb) < 1_000_000
    lying = bytearray(bomb)  # its directory says that it unpacks to one byte
    start = lying.index(b"PK\x01\x02") + 24
    lying[start : start + 4] = struct.pack("<I", 1)
    gz = {"train-images-idx3-ubyte.gz": gzip.compress(bytes(100_000_000))}
    tracemalloc.start()
    refused(bomb, "unpacked; at most 24,000,000")
    refused(bytes(lying), "no labelled image")
    large = zipped({"A/1.png": bytes(21_000_000)})
    refused(large, r"A/1\.png has more than 20,000,000 bytes", most=5000)
    refused(gz, "more than 24,000,000 bytes")
    assert tracemalloc.get_traced_memory()[1] < 60_000_000
    tracemalloc.stop()


def test_a_csv_has_neither_endless_lines_nor_endlessly_many():
    for content, match in (
        (b"1" + b",10" * 7_000_000, "line 1 has 20,000 characters"),
        (b"\n" * 10_000_000, "line 2002: there are too many lines for 1,000 images"),
        (b"1,2,3\n" * 3_000_000, "line 2002: there are too many lines"),
    ):
        archive = zipped({"train.csv": content})
        tracemalloc.start()
        try:
            with pytest.raises(LabelledFilesError, match=match):
                read(archive, most=1000)
            assert tracemalloc.get_traced_memory()[1] < 60_000_000  # the bytes that may be read
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("line", [b"\n", b"1,2,3\n"])
def test_lines_that_hold_no_image_take_time_as_well(line):
    refused({"train.csv": line * 10}, "took more than", seconds=-1)


def test_pickles_and_lying_headers_are_refused():
    class Evil:
        def __reduce__(self):
            return (pytest.fail, ("unpickled",))

    x, y = images(10)
    objects = np.array([Evil()] * 10, dtype=object)
    refused(
        {"a.npz": npz(x_train=objects, y_train=y, x_test=x, y_test=y)},
        r"x_train .*\(a pickle\), which",
    )
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (900000000, 28, 28), }"
    header += b" " * (117 - len(header)) + b"\n"
    lying = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in ("x_train", "y_train", "x_test", "y_test"):
            archive.writestr(f"{name}.npy", lying)
    refused({"a.npz": content.getvalue()}, "no array")
    refused({"a.npz": pickle.dumps(1)}, r"a\.npz holds Python objects \(a pickle\)")
    refused({"a.npz": b"neither"}, "damaged or no .npz")
    refused({"train-images-idx3-ubyte": idx(x)[:-1]}, "says that it holds 10 × 28 × 28")


def test_what_is_no_data_set_is_reported():
    x, y = images(40)
    whole = dict(x_train=x, y_train=y, x_test=x, y_test=y)
    refused({"a.npz": npz(x_train=x)}, "no array y_train, x_test, y_test")
    refused(
        {"a.npz": npz(**whole | {"x_train": x.astype(float)})},
        r"float64; expected .* by \(255 \* x\)",
    )
    refused({"a.npz": npz(**whole | {"y_train": y[:-1]})}, "40 images have 39 labels")
    refused(
        {"a.npz": npz(**whole | {"y_train": np.zeros(40, np.uint8), "y_test": y * 0})}, "1 class"
    )
    many = np.arange(40, dtype=np.uint8)
    refused(
        {"a.npz": npz(**whole | {"y_train": many, "y_test": many})},
        r"40 classes \(0, 1, 10, 11, 12, 13, 14, 15, …\)",
    )
    refused({"a.npz": npz(**whole)}, "more than 50 images", most=50)
    refused({"a.npz": npz(**whole)}, "3 classes, 0, 1, 2, and 2 names", names=["a", "b"])
    refused({"a.npz": npz(**whole)}, "same name", names=["a", "a", "b"])
    refused({"a.npz": npz(**whole)}, "1–20 characters", names=["a", "b", "c" * 21])
    refused(
        {"a.csv": b"0;1;2;3;4\n" * 2}, "2 were left out: a.csv, line 1: .*semicolons; commas are"
    )
    blank = "\n".join(["0" + 100 * ",0", "1" + 100 * ",9"] * 6).encode()
    refused({"a.csv": blank}, "no labelled image.*12 were left out: .*line 1: it is blank.*so on")
    table = b"name,age\nAda,12\nBob,13\n"
    refused({"a.csv": table}, "2 were left out: a.csv, line 2: 1 value after the label; expected")
    some = letters("AB", 6) | {"letters/A/000.png": b"?", "letters/A/001.png": b"?"}
    refused(some, r"fewer of A \(4\)\. 2 were left out: letters/A/000.png: .*A/001.png: ")
    one = letters("A", 6) | {"letters/B/000.txt": b"?"}
    refused(one, r"There is 1 class \(A\); 2 to 26 are expected\. 1 was left out: letters/B")
    refused(letters("AB", 4), r"fewer of A \(4\), B \(4\)")
    refused(b"no archive", "no zip archive")
    refused({"readme.txt": b"hello"}, "no labelled image here.*readme.txt: no image")
    refused({"train-images-idx3-ubyte": idx(x)}, "with the labels for training is missing")
    refused({"a.npz": npz(**whole)}, "took more than 0 minutes", seconds=0)
