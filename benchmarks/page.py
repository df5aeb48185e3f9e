"""The dashboard in a browser: when its numbers are there, what moves, how smoothly it runs."""

import os
import shutil
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from statistics import median
from time import monotonic, sleep

import psycopg
from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.live import SESSION, Live, demo
from benchmarks.measuring import Result, result

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

CARDS = 6

ROUNDS = 7

SLOWER = 4

RATE = 10
"""Commits a second, each of which changes what the page shows."""

WATCH = """
    window.seen = { numbers: 0, shift: 0, frames: [] };
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.seen.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
    new MutationObserver(() => {
        const cards = document.querySelectorAll(".card");
        const figures = document.querySelectorAll(".card .figure data");
        if (!window.seen.numbers && cards.length && figures.length === cards.length)
            window.seen.numbers = performance.now();
    }).observe(document, { childList: true, subtree: true });
"""
"""Before the page's own script: when every card has its number, and how far things moved."""

FRAMES = """
    let before = performance.now();
    const look = (now) => {
        window.seen.frames.push(now - before);
        before = now;
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
"""


def measure(users: int = 2_000, seconds: float = 20) -> Iterator[Result]:
    """`seconds`: how long events come."""
    if not CHROMIUM:
        sys.stderr.write("There is no chromium: the page is not measured.\n")
        return
    with demo(users) as live, _browser(CHROMIUM) as browser:
        yield from _first_view(live, browser)
        yield from _frames(live, browser, seconds)


@contextmanager
def _browser(path: str) -> Generator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def _first_view(live: Live, browser: Browser) -> Iterator[Result]:
    opened = [_opened(live, browser) for _ in range(ROUNDS)]
    numbers = median(seen["numbers"] for seen in opened) / 1000
    name = f"the page's first right numbers, CPU {SLOWER} times slower, median"
    yield result(name, numbers, "s", 1)
    yield result("layout shift while it is loaded, most", max(s["shift"] for s in opened), "", 0.01)


def _opened(live: Live, browser: Browser) -> dict[str, float]:
    """By a new visitor, whose browser has kept nothing."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.add_init_script(WATCH)
    _open(page, live)
    seen: dict[str, float] = page.evaluate("window.seen")
    context.close()
    return seen


def _open(page: Page, live: Live) -> None:
    page.goto(live.dashboard)
    expect(page.locator(".card .figure data")).to_have_count(CARDS, timeout=30_000)


def _frames(live: Live, browser: Browser, seconds: float) -> Iterator[Result]:
    """Frames of the page while what it shows is changed so many times a second."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(WATCH)
    _open(page, live)
    page.wait_for_selector(".badge[data-state=live]")
    before = page.locator(".card[data-number='sessions.total'] .figure data").get_attribute("value")
    page.evaluate("() => { window.seen.shift = 0 }")
    page.evaluate(FRAMES)
    with psycopg.connect(live.source_url, autocommit=True) as source:
        ends = monotonic() + seconds
        while monotonic() < ends:
            source.execute(SESSION, (2, 1))
            sleep(1 / RATE)
    seen = page.evaluate("window.seen")
    after = page.locator(".card[data-number='sessions.total'] .figure data").get_attribute("value")
    frames = sorted(seen["frames"])
    changed = int(after or 0) - int(before or 0)
    yield result("sessions that came to the page meanwhile", changed, "")
    yield result("its frames, 99 % within", frames[int(len(frames) * 0.99)], "ms")
    yield result("its latest frame", frames[-1], "ms", 50)
    yield result("layout shift while numbers come", seen["shift"], "", 0.01)
