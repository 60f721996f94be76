"""The pages of the browser tests."""

from tests.browser.conftest import motion, open_page, page

__all__ = ["motion", "open_page", "page"]
