"""The pages' addresses, so that a link shows others the same view.

Pages read and write the parameters of address_parameters.py by the functions here; widgets that
Streamlit binds to the address (`bind="query-params"`) have a parameter's name as their key.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import streamlit as st

from pages.components.shell.address_parameters import FORMERLY, PARAMETERS, Choice, values_of
from pages.components.shell.text import plain, sentence

_NOTED = "unknown-in-address"  # the page and parameters that the visitor was last warned of
_OUTDATED = "outdated-addresses"  # what was changed last: parameters, and when that was
_SECONDS = 10  # a busy browser that hears of a change later than this is not waited for


def asked(name: str) -> str | None:
    """The parameter's value in the address, which anyone may have written; None if it has none.

    Raises:
        KeyError: for a name that `PARAMETERS` lacks.
    """
    return st.query_params.get(_known(name))


def all_asked(name: str) -> list[str]:
    """All values of a parameter that may stand in the address more than once, in order."""
    return st.query_params.get_all(_known(name))


def chosen(name: str) -> str:
    """The value of a choice: the one in the address if it exists, else the default."""
    text = asked(name)
    return text if text is not None and text in values_of(name) else PARAMETERS[name].default


def all_of(names: Iterable[str]) -> dict[str, str]:
    """The values of these parameters, without those that the address lacks."""
    values = {name: asked(name) for name in names}
    return {name: text for name, text in values.items() if text is not None}


def put(**values: str | list[str]) -> None:
    """Write parameters into the address, all of them in one step of the browser's history."""
    changed = {}
    for name, value in values.items():
        before = all_asked(name)
        if before != ([value] if isinstance(value, str) else value):
            changed[name] = value
    if changed:
        with _changing():
            st.query_params.update(changed)


def drop(*names: str) -> None:
    """Remove parameters from the address."""
    with _changing():
        for name in names:
            st.query_params.pop(_known(name), None)


def is_outdated() -> bool:
    """Whether a click has changed the address that this run has: the browser asked for the run
    before it heard of the change. Fragments that run at intervals can do so."""
    now, changed = _parameters(), st.session_state.get(_OUTDATED, [])
    return any(one == now and time.monotonic() - at < _SECONDS for one, at in changed)


@contextmanager
def _changing() -> Iterator[None]:
    before = _parameters()
    try:
        yield
    finally:
        after = _parameters()
        if after != before:
            known = [*st.session_state.get(_OUTDATED, []), (before, time.monotonic())]
            st.session_state[_OUTDATED] = [each for each in known if each[0] != after][-10:]


def _parameters() -> dict[str, list[str]]:
    """All parameters of the address with all their values."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def check(page: str) -> None:
    """Check the address at the beginning of a page, before its widgets read it.

    Translates names and values that older links have, warns of values that do not exist, in place
    of which the widgets show their defaults, and tells of parameters that the page lacks.
    """
    if is_outdated():  # not so when a whole page runs: the visitor went back
        del st.session_state[_OUTDATED]
    for old, name in FORMERLY.items():
        if old in st.query_params and page in PARAMETERS[name].pages:
            _rename(old, name)
    _note_unknown_names(page)
    for name, parameter in PARAMETERS.items():
        if page not in parameter.pages:
            continue
        for text in all_asked(name):
            if not parameter.kind.allows(text):
                note_unknown(name, ())
                break
            if isinstance(parameter.kind, Choice) and text in parameter.kind.formerly:
                st.session_state[name] = parameter.kind.value(text)


def _rename(old: str, name: str) -> None:
    """Rename a parameter that the address still calls by an old name."""
    if name in st.session_state:
        return  # its widget is there, and only the widget may change the address
    text, kind = st.query_params[old], PARAMETERS[name].kind
    if asked(name) is None:
        if kind.allows(text):
            st.session_state[name] = kind.value(text)
        st.query_params[name] = text
    del st.query_params[old]


def note_unknown(name: str, known: Iterable[str], listed: bool = True) -> None:
    """Warn if the address asks for a value that is not among the known ones.

    `check` does this for the values that `PARAMETERS` can check; this is for the others. The known
    values are named if they are `listed`: ids say nothing to a reader.
    """
    text = asked(name)
    if text is not None and text not in known:
        ids = tuple(known)
        expected = (
            Choice(ids).expected if len(ids) > 1 and listed else PARAMETERS[name].kind.expected
        )
        st.warning(
            f"The address asks for “{name}={plain(text[:40])}”, which does not exist here. "
            f"Expected: {plain(expected)}. The page shows its usual choice instead.",
            icon=":material/link_off:",
        )


def _note_unknown_names(page: str) -> None:
    """Warn once about parameters that this page does not have. They do no harm, and other sites add
    some to links: a toast will do."""
    has = [name for name, parameter in PARAMETERS.items() if page in parameter.pages]
    unknown = [name for name in st.query_params if name not in has]
    if unknown and st.session_state.get(_NOTED) != (page, unknown):
        named = sentence([_with_likely(name, has) for name in unknown[:5]])
        st.toast(
            f"This page ignores {named} in the address: it has no setting of that name.",
            icon=":material/link_off:",
            duration="long",
        )
    st.session_state[_NOTED] = page, unknown


def _with_likely(name: str, known: list[str]) -> str:
    """The parameter in quotation marks, with the known one for which it may be a slip."""
    likely = difflib.get_close_matches(name[:40], known, 1, 0.8)
    meant = f" (perhaps “{plain(likely[0])}” is meant)" if likely else ""
    return f"“{plain(name[:40])}”{meant}"


def first_page() -> None:
    """Go back to the first page of images."""
    drop("page")


def whole_number(text: str | None, below: int) -> int | None:
    """The whole number, 0 or more, that an address gives; None unless it is less than `below`."""
    if not text or not text.isdecimal() or len(text) > 8:  # longer ones take long to read
        return None
    return int(text) if int(text) < below else None


def _known(name: str) -> str:
    if name not in PARAMETERS:
        raise KeyError(f"{name}: expected one of the parameters {', '.join(PARAMETERS)}")
    return name
