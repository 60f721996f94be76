"""The pages of the browser tests."""

from tests.browser.conftest import open_page, page

__all__ = ["open_page", "page"]
