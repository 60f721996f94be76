"""Data of one's own: import them, see what became of them, delete them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from mnist_core.config import settings
from mnist_core.config.formatting import count
from mnist_core.config.presets import PRESETS
from mnist_core.digits.datasets import own_data
from mnist_core.digits.datasets.own_data import OwnDataset
from mnist_core.errors import DigitLabError
from mnist_core.jobs import run_permissions
from pages.components.shell import address
from pages.components.shell.background import Report, forget, result_when_done
from pages.components.shell.error_toast import error_in_words, errors_as_toast
from pages.components.shell.state import TRAINING_SETUP
from pages.components.shell.text import plain
from pages.components.shell.visitor import asking
from pages.components.widgets.address_choices import listed_choice

MAX_MEGABYTES = {True: 20, False: 500}  # per file, by whether the app is shared
MNIST = "mnist"
IMAGES_ENOUGH = 12_000  # seen over all epochs; of fewer images a training takes more epochs
MAX_EPOCHS = 30  # however few images there are
_REQUEST, _OUTCOME = "own-data-request", "own-data-outcome"


@dataclass(frozen=True)
class Request:
    """What a visitor asks to be read.

    Attributes:
        token: Tells this request from others.
        files: Name and content of each.
        name: Of the data set.
        class_names: Of its classes, in their order; none: as the files have them.
        visitor: Who asks.
    """

    token: str
    files: Sequence[tuple[str, bytes]]
    name: str
    class_names: tuple[str, ...]
    visitor: str | None


@dataclass(frozen=True)
class Outcome:
    """What became of a request.

    Attributes:
        own: The id of the data set; "" where nothing could be used.
        sentences: What was done or went wrong, in Markdown.
        refused: By file or line, why it was left out.
    """

    own: str
    sentences: tuple[str, ...]
    refused: dict[str, str]


def choose_data() -> OwnDataset | None:
    """A choice of MNIST or a data set that the visitor may use, kept in the address as `?data=`;
    None for MNIST, and while there is no other."""
    own_sets = {own.id: own for own in own_data.list_all(asking())}
    options = [MNIST, *own_sets]
    if (address.asked("data") or MNIST) not in options:
        address.note_unknown("data", options)
        address.drop("data")
    if not own_sets:
        return None
    names = {MNIST: "MNIST"} | {own.id: own.name for own in own_sets.values()}
    chosen = listed_choice("Data set", "data", options, names.__getitem__, unwritten=MNIST)
    return own_sets.get(chosen)


def show_own(own: OwnDataset) -> None:
    """What a data set is, its files to take along, and a way to delete it."""
    about = own.about
    st.caption(
        f"**{plain(own.name)}**, from {about.kind}: {len(about.data.names)} classes, "
        f"{', '.join(map(plain, about.data.names))}. Images converted to MNIST's form: "
        f"{about.converted:,}; left out: {about.refusals:,}."
    )
    with st.container(horizontal=True):
        if st.button("Train on it", icon=":material/model_training:", key="train-on-own-data"):
            _set_up(own)
            st.switch_page("pages/train.py")
        st.download_button(
            "Download .npz",
            own.images_path.read_bytes,
            "images.npz",
            "application/octet-stream",
            icon=":material/download:",
            key="take-own-data",
            on_click="ignore",
        )
        if own.may_change(asking()):
            with st.popover("Delete", icon=":material/delete:"):
                _ask_to_delete(own)


def _set_up(own: OwnDataset) -> None:
    """Put a training on this data set into the training form: the quickest preset, with more epochs
    and varied images where there are few."""
    quickest = PRESETS["speedrun"]
    epochs = min(max(quickest.epochs, IMAGES_ENOUGH // own.about.training), MAX_EPOCHS)
    config = quickest.with_changes(data=own.about.data, epochs=epochs)
    if epochs > quickest.epochs:
        config = config.with_changes(augmentation=PRESETS["champion"].augmentation)
    st.session_state[TRAINING_SETUP] = "speedrun", config


def _ask_to_delete(own: OwnDataset) -> None:
    st.markdown(f"Delete **{plain(own.name)}** and all its images? This can't be undone.")
    used = own.used_by()
    if active := [plain(run.name) for run in used if run.status().active]:
        st.warning(
            f"Waiting for it or training on it right now: {', '.join(active)}. Stop that first, or "
            "wait until it has ended.",
            icon=":material/model_training:",
        )
    if ended := [plain(run.name) for run in used if not run.status().active]:
        st.markdown(
            f"These runs were trained on it: {', '.join(ended)}. You can still draw for their "
            "networks, but their errors can no longer be shown."
        )
    st.button("Delete it", type="primary", key="delete-own-data", on_click=_delete, args=(own,))


def _delete(own: OwnDataset) -> None:
    with errors_as_toast():
        run_permissions.delete_data(own, asking())
        address.drop("data")


@st.fragment
def import_form() -> None:
    """A form that takes files, and what became of those that were given last."""
    with st.expander("Import your own data", icon=":material/upload_file:", key="import-own-data"):
        _form()
        with st.container():  # so that nothing of an earlier request is left
            if request := st.session_state.get(_REQUEST):
                _read(request)
            if outcome := st.session_state.get(_OUTCOME):
                _show(outcome)


def _form() -> None:
    shared = settings.is_shared()
    st.markdown(
        "Letters, clothes, numerals of another script: labelled images of 2 to 26 classes. "
        "**A zip archive or a folder of images**, in folders named after their class; "
        "**CSV** with the label first in each line, then the pixels; **IDX** files, also packed by "
        "gzip; or an **.npz** with `x_train`, `y_train`, `x_test` and `y_test`. Images that are "
        "not 28×28, light on dark, are read like photos."
    )
    as_folder = st.toggle("A folder", key="own-data-folder")
    files = st.file_uploader(
        "A folder with a folder for each class" if as_folder else "One archive, or the files",
        key=f"own-data-files-{as_folder}",
        accept_multiple_files="directory" if as_folder else True,
        max_upload_size=MAX_MEGABYTES[shared],
    )
    left, right = st.columns(2)
    name = left.text_input("Name", key="own-data-name", max_chars=own_data.NAME_LENGTH)
    classes = right.text_input(
        "Names of the classes, if the files lack them",
        key="own-data-classes",
        placeholder="T-shirt, Trousers, Pullover …",
        help="Separate them with commas, in the order of the labels. Empty: the labels are the "
        "names.",
    )
    _tell_limits()
    if st.button(
        "Read it",
        type="primary",
        key="read-own-data",
        disabled=not files or _REQUEST in st.session_state,
    ):
        st.session_state.pop(_OUTCOME, None)
        st.session_state[_REQUEST] = Request(
            secrets.token_hex(8),
            [(file.name, file.getvalue()) for file in files],
            name.strip() or "My data",
            tuple(classes.split(",")) if classes.strip() else (),
            asking(),
        )


def _tell_limits() -> None:
    """How much may be imported, who sees it, and for how long it is kept."""
    shared = settings.is_shared()
    limit = settings.whole("DIGITLAB_DATA_PER_VISITOR")
    if limit and (visitor := asking()) is not None:
        theirs = sum(own.about.visitor == visitor for own in own_data.list_all(visitor))
        full = " Delete one to import another." if theirs >= limit else ""
        st.caption(f"You have {theirs} of at most {count(limit, 'data set')}.{full}")
    most = settings.whole("DIGITLAB_DATA_IMAGES")
    text = f"At most {most:,} images, {MAX_MEGABYTES[shared]} MB in a file."
    if shared:
        text += " You alone can see it and train on it."
        if days := settings.whole("DIGITLAB_EXPIRE_DAYS"):
            text += f" It is deleted after {count(days, 'day')}."
    else:
        text += " A larger one can be imported with `python -m mnist_core data import`."
    st.caption(text)


def _read(request: Request) -> None:
    key = ("own data", request.token)
    outcome = result_when_done(key, lambda report: _outcome(request, report), "Reading the images")
    if outcome is None:
        return
    forget(key)  # which holds the files
    del st.session_state[_REQUEST]
    st.session_state[_OUTCOME] = outcome
    if outcome.own:
        address.put(data=outcome.own)
    st.rerun()


def _outcome(request: Request, report: Report) -> Outcome:
    from mnist_core.digits.datasets import packed_files

    files = [packed_files.in_memory(*file) for file in request.files]
    try:
        own, imported = own_data.import_data(
            files, request.name, request.class_names, request.visitor, report
        )
    except (DigitLabError, OSError) as error:
        return Outcome("", (error_in_words(error),), {})
    sentences = tuple(plain(sentence) for sentence in imported.in_words())
    return Outcome(own.id, sentences, imported.left_out)


def _show(outcome: Outcome) -> None:
    (st.success if outcome.own else st.error)(" ".join(outcome.sentences))
    if outcome.refused:
        st.markdown("**What was left out**, the first of them:")
        st.dataframe(
            {"What": list(outcome.refused), "Why": list(outcome.refused.values())},
            hide_index=True,
        )
