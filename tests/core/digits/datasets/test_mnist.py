import contextlib
import hashlib
import http.server
import io
import itertools
import threading
import time

import numpy as np
import pytest

from mnist_core.digits.datasets import mnist as mnist_source
from mnist_core.digits.datasets.mnist import DatasetUnavailableError, Release
from tests import damage


def made_arrays(seed=0):
    random = np.random.default_rng(seed)
    return {
        "x_train": random.integers(0, 256, (30, 28, 28), dtype=np.uint8),
        "y_train": (np.arange(30) % 10).astype(np.uint8),
        "x_test": random.integers(0, 256, (10, 28, 28), dtype=np.uint8),
        "y_test": np.arange(10, dtype=np.uint8),
    }


def packed(arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def release_of(body, *urls):
    md5 = {name: mnist_source.idx_md5(array) for name, array in made_arrays().items()}
    return Release(urls, hashlib.sha256(body).hexdigest(), md5)


BODY = packed(made_arrays())


@pytest.fixture(autouse=True)
def nothing_there(tmp_path, monkeypatch):
    """No source has anything, wherever the tests run."""
    monkeypatch.delenv("MNIST_NPZ", raising=False)
    monkeypatch.delenv("DIGITLAB_OFFLINE", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("DIGITLAB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def site():
    """A local server: `site.bodies` maps a path to its body, or to parts that come one after the
    other; `site.asked` lists requests."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            server.asked.append(self.path)
            time.sleep(server.delay)
            body = server.bodies.get(self.path)
            if body is None:
                self.send_error(404)
                return
            self.send_response(200)
            if isinstance(body, bytes):
                self.send_header("Content-Length", str(len(BODY)))
                body = [body]
            self.end_headers()
            with contextlib.suppress(OSError):  # the other side has had enough
                for part in body:
                    self.wfile.write(part)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.bodies, server.asked, server.delay = {}, [], 0
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_file_that_mnist_npz_names_comes_first(tmp_path, monkeypatch):
    file = tmp_path / "mine.npz"
    file.write_bytes(BODY)
    monkeypatch.setenv("MNIST_NPZ", str(file))
    dataset = mnist_source.load_mnist(release=release_of(BODY), offline=True)
    assert dataset.name == "mnist"
    assert dataset.source == "mine.npz (MNIST_NPZ)"
    assert dataset.warnings == ()
    np.testing.assert_array_equal(dataset.x_test, made_arrays()["x_test"])


def test_arrays_cannot_be_changed(tmp_path, monkeypatch):
    file = tmp_path / "mine.npz"
    file.write_bytes(BODY)
    monkeypatch.setenv("MNIST_NPZ", str(file))
    dataset = mnist_source.load_mnist(release=release_of(BODY), offline=True)
    with pytest.raises(ValueError, match="read-only"):
        dataset.x_train[0, 0, 0] = 1


def test_a_missing_named_file_is_reported_and_the_keras_cache_is_used(tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_NPZ", str(tmp_path / "absent.npz"))
    keras = tmp_path / "keras" / "datasets" / "mnist.npz"
    keras.parent.mkdir(parents=True)
    keras.write_bytes(BODY)
    dataset = mnist_source.load_mnist(release=release_of(BODY), offline=True)
    assert dataset.source == "mnist.npz (the Keras cache)"
    assert "absent.npz" in dataset.warnings[0]


def changed(name, array):
    return packed(made_arrays() | {name: array})


def one_array():
    file = io.BytesIO()
    np.save(file, np.zeros((3, 28, 28), np.uint8))
    return file.getvalue()


def with_damage(kind):
    content = bytearray(BODY)
    kind(content)
    return bytes(content)


DAMAGED = {
    "unknown compression": with_damage(damage.unknown_compression),
    "encrypted": with_damage(damage.encrypted),
    "one array": one_array(),
    "no archive": b"not an archive",
    "empty": b"",
    "truncated": BODY[: len(BODY) // 2],
    "flipped bytes": BODY[:2000] + bytes(100) + BODY[2100:],
    "other images": packed(made_arrays(seed=1)),
    "shape": changed("x_train", np.zeros((30, 27, 28), np.uint8)),
    "dtype": changed("x_test", np.zeros((10, 28, 28), np.float32)),
    "labels": changed("y_test", np.full(10, 10, np.uint8)),
    "number of labels": changed("y_train", np.zeros(29, np.uint8)),
    "pickled": changed("y_test", np.array([{}] * 10, object)),
    "array missing": packed({"x_train": made_arrays()["x_train"]}),
}


@pytest.mark.parametrize("body", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_named_file_is_reported_and_left_alone(tmp_path, monkeypatch, body):
    file = tmp_path / "mine.npz"
    file.write_bytes(body)
    monkeypatch.setenv("MNIST_NPZ", str(file))
    with pytest.raises(DatasetUnavailableError, match=r"mine\.npz.*could not be used"):
        mnist_source.load_mnist(release=release_of(BODY), offline=True)
    assert file.read_bytes() == body


def test_a_download_reports_progress_and_is_stored(site):
    site.bodies["/mnist.npz"] = BODY
    release = release_of(BODY, site.url + "/mnist.npz")
    seen = []
    threads = set()

    def progress(done, total):
        seen.append((done, total))
        threads.add(threading.current_thread())

    first = mnist_source.load_mnist(progress, release=release)
    again = mnist_source.load_mnist(release=release)
    assert site.url in first.source
    assert seen[-1] == (len(BODY), len(BODY))
    assert threads == {threading.current_thread()}
    assert site.asked == ["/mnist.npz"]
    np.testing.assert_array_equal(again.x_train, first.x_train)


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (None, "answered 404"),
        (BODY[:-1] + b"?", "damaged"),
        (BODY[:1000], "connection failed"),
    ],
    ids=["404", "other file", "cut short"],
)
def test_second_address_is_used_when_the_first_fails(site, first, said, tmp_path):
    if first is not None:
        site.bodies["/first"] = first
    site.bodies["/second"] = BODY
    release = release_of(BODY, site.url + "/first", site.url + "/second")
    dataset = mnist_source.load_mnist(release=release)
    assert site.asked == ["/first", "/second"]
    assert said in dataset.warnings[0]
    assert sorted(path.name for path in (tmp_path / "cache").glob("*.npz")) == ["mnist.npz"]


def test_a_damaged_file_in_the_apps_cache_is_set_aside_and_downloaded_again(site, tmp_path):
    own = tmp_path / "cache" / "mnist.npz"
    own.parent.mkdir()
    own.write_bytes(b"damaged")
    site.bodies["/mnist.npz"] = BODY
    dataset = mnist_source.load_mnist(release=release_of(BODY, site.url + "/mnist.npz"))
    assert "mnist.npz.damaged" in dataset.warnings[0]
    assert (tmp_path / "cache" / "mnist.npz.damaged").read_bytes() == b"damaged"
    assert own.read_bytes() == BODY


def test_two_processes_at_once_download_once(site):
    site.bodies["/mnist.npz"] = BODY
    site.delay = 0.3
    release = release_of(BODY, site.url + "/mnist.npz")
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(mnist_source.load_mnist(release=release)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [dataset.name for dataset in found] == ["mnist", "mnist"]
    assert site.asked == ["/mnist.npz"]


def test_a_server_that_does_not_answer_is_soon_given_up(site):
    site.bodies["/mnist.npz"] = BODY
    site.delay = 1.5  # then the file would come
    with pytest.raises(DatasetUnavailableError, match="no answer within"):
        mnist_source.load_mnist(release=release_of(BODY, site.url + "/mnist.npz"), patience=0.2)


def dripping(until):
    """Enough bytes for a start, then one after the other."""
    yield bytes(mnist_source._CHUNK)
    while not until.wait(0.02):
        yield b"."


def test_a_download_that_hardly_goes_on_is_given_up_and_the_next_address_used(site, monkeypatch):
    monkeypatch.setattr(mnist_source, "_STALLED", 0.3)
    over = threading.Event()
    site.bodies["/slow"], site.bodies["/second"] = dripping(over), BODY
    release = release_of(BODY, site.url + "/slow", site.url + "/second")
    dataset = mnist_source.load_mnist(release=release)
    over.set()
    assert "after 65,536 bytes hardly any more came" in dataset.warnings[0]
    assert dataset.source.endswith("/second)")


def test_a_download_without_end_is_given_up_and_fills_no_disk(site, monkeypatch, tmp_path):
    monkeypatch.setattr(mnist_source, "_MAX_BYTES", 1 << 20)
    site.bodies["/endless"] = itertools.repeat(bytes(mnist_source._CHUNK))
    site.bodies["/second"] = BODY
    release = release_of(BODY, site.url + "/endless", site.url + "/second")
    dataset = mnist_source.load_mnist(release=release)
    assert "more than 1,048,576 bytes" in dataset.warnings[0]
    stored = sum(path.stat().st_size for path in (tmp_path / "cache").iterdir())
    assert stored < 2 * len(BODY)


def test_a_cache_that_cannot_be_made_is_reported(site, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DIGITLAB_CACHE", str(tmp_path / "file" / "cache"))
    site.bodies["/mnist.npz"] = BODY
    with pytest.raises(DatasetUnavailableError, match="could not be stored"):
        mnist_source.load_mnist(release=release_of(BODY, site.url + "/mnist.npz"))


def test_unavailable_says_what_was_tried_and_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_NPZ", str(tmp_path / "absent.npz"))
    with pytest.raises(DatasetUnavailableError, match=r"absent\.npz.*switched off.*Connect to"):
        mnist_source.load_mnist(offline=True)


def test_load_falls_back_to_the_sample(monkeypatch):
    monkeypatch.setenv("DIGITLAB_OFFLINE", "1")
    dataset = mnist_source.load()
    assert dataset.name == "sample"
    assert "MNIST_NPZ" in dataset.warnings[0]


def test_idx_md5_is_that_of_the_original_format():
    labels = np.array([1, 2, 3], np.uint8)
    expected = hashlib.md5(bytes([0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3])).hexdigest()
    assert mnist_source.idx_md5(labels) == expected
    images = np.zeros((1, 2, 2), np.uint8)
    header = bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2])
    assert mnist_source.idx_md5(images) == hashlib.md5(header + bytes(4)).hexdigest()


def test_mnist_has_its_known_sizes_and_counts(mnist):
    assert mnist.x_train.shape == (60000, 28, 28)
    assert mnist.x_test.shape == (10000, 28, 28)
    expected = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(mnist.y_train).tolist() == expected
