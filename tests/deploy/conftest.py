"""The browser of the browser tests."""

from tests.browser.conftest import browser, open_page, page

__all__ = ["browser", "open_page", "page"]
