"""Sign-in by OpenID Connect, for example with a school's accounts, through Streamlit's st.login, if
DIGITLAB_SIGN_IN asks for it. Runs then belong to whoever signed in, in any browser.
"""

from __future__ import annotations

import streamlit as st

from mnist_core.config import settings
from mnist_core.runs import ownership
from pages.components.shell.error_toast import errors_as_toast
from pages.components.shell.text import plain

SECRETS = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")


def wanted() -> bool:
    """Whether visitors must sign in."""
    return settings.is_shared() and settings.text("DIGITLAB_SIGN_IN") == "1"


def problems() -> list[str]:
    """What is missing for it on this server, a sentence each."""
    if not wanted():
        return []
    texts = []
    try:
        import authlib  # noqa: F401
        import httpx  # noqa: F401
    except ModuleNotFoundError as error:
        texts.append(
            f"DIGITLAB_SIGN_IN needs the library {error.name}, which is not installed. Install it "
            "with: pip install -r requirements-sign-in.txt"
        )
    try:
        missing = [name for name in SECRETS if name not in st.secrets.get("auth", {})]
    except FileNotFoundError:
        missing = list(SECRETS)
    if missing:
        texts.append(
            f"DIGITLAB_SIGN_IN: [auth] in .streamlit/secrets.toml lacks {', '.join(missing)}. "
            "docs/DEPLOY.md says what they are."
        )
    return texts


def visitor() -> str:
    """The visitor's name in runs, derived from the account. Until somebody has signed in, the page
    ends here with a button. At first the nickname is the name that the provider gives."""
    if not st.user.get("is_logged_in"):
        st.title("Digit Lab")
        st.markdown("Sign in, so that the networks that you train are yours.")
        st.button(
            "Sign in", icon=":material/login:", type="primary", key="sign-in", on_click=st.login
        )
        st.stop()
    # Of the claims of OpenID Connect these two together name a person, for ever:
    # https://openid.net/specs/openid-connect-core-1_0.html#ClaimStability
    person = ownership.visitor_of(f"{st.user['iss']} {st.user['sub']}")
    if ownership.nickname(person) is None:
        with errors_as_toast():
            name = str(st.user.get("name") or "")
            ownership.set_nickname(person, name[: ownership.NICKNAME_LENGTH])
    return person


def sign_out() -> None:
    """Say who has signed in, with a button that signs them out."""
    if wanted():
        st.caption(f"Signed in as {plain(str(st.user.get('name') or st.user.get('sub')))}")
        st.button("Sign out", icon=":material/logout:", key="sign-out", on_click=st.logout)
