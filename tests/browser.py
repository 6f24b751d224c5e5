"""A headless Chromium for the tests that need one."""

import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.async_api import Browser, BrowserContext, async_playwright

USUAL = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)


def find_chromium() -> str | None:
    """CHROMIUM, or a browser at a usual place."""
    if named := os.environ.get("CHROMIUM"):
        return named
    found = next((path for name in USUAL if (path := shutil.which(name))), None)
    return found or (MAC if Path(MAC).exists() else None)


needs_chromium = pytest.mark.skipif(
    find_chromium() is None,
    reason="no Chromium found: install it (apt-get install chromium) or set CHROMIUM to its path",
)


@asynccontextmanager
async def chromium(*flags: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            await browser.close()


def staff_cookie(username: str = "advisor") -> dict[str, str]:
    """The session of a member of staff, for add_cookies; give it the server's url."""
    client = Client()
    client.force_login(User.objects.get(username=username))
    return {"name": "sessionid", "value": client.cookies["sessionid"].value}


async def log_in(context: BrowserContext, url: str, cookies: Sequence[dict[str, str]]) -> None:
    await context.add_cookies([{"name": c["name"], "value": c["value"], "url": url} for c in cookies])
