from mnist_core.config import progress


def test_chunks_cover_all_and_the_share_is_reported_after_each(monkeypatch):
    monkeypatch.setattr(progress, "CHUNK", 4)
    seen: list[object] = []
    for chunk in progress.in_chunks(10, seen.append):
        seen.append((chunk.start, chunk.stop))
    assert seen == [(0, 4), 0.4, (4, 8), 0.8, (8, 10), 1.0]
    assert [*progress.in_chunks(0, seen.append)] == []
