"""TensorBoard's dashboards show charts and pictures of our log in a browser, with its own reader
and with ours.

A screenshot of each goes to the directory that TFEVENTS_SCREENSHOTS names, if it is set. With
TFEVENTS_REQUIRE_CHROMIUM=1 a missing browser is a failure instead of a skip.
"""

import io
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import every_plugin
import tfevents
from every_plugin import STEPS, when
from peers import peer

for name in ("torch", "tensorboard.main", "PIL.Image"):
    peer(name)
playwright = peer("playwright.sync_api")
expect = playwright.expect

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore:`torch.jit.trace.* is deprecated:DeprecationWarning"),
]

# Milliseconds until the page counts as hanging. The machine may be busy.
PATIENCE = 60_000

# The run with a tag of a million points.
MILLION = "million"


@pytest.fixture(scope="module")
def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    message = "no Chromium is installed (Debian's package is `chromium`)"
    if os.environ.get("TFEVENTS_REQUIRE_CHROMIUM") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("log")
    every_plugin.log(directory, tfevents.SummaryWriter)
    every_plugin.log_video(directory, tfevents.SummaryWriter)
    with tfevents.SummaryWriter(directory / MILLION) as writer:
        values = np.random.default_rng(0).normal(0, 0.1, 1_000_000).cumsum()
        values[[123_456, 765_432]] = [-900, 900]
        # The scalars dashboard folds up the cards of all groups of tags except the first.
        writer.add_scalar_series("y/million", values, np.arange(len(values)))
    return directory


@pytest.fixture(scope="module")
def page(chromium: str, log_dir: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A page, and `page.address`, where TensorBoard shows our log."""
    # Root needs --no-sandbox; WebGL is drawn without a graphics card.
    options = ["--no-sandbox", "--enable-unsafe-swiftshader"]
    server = every_plugin.tensorboard(log_dir, module=request.param)
    with server as address, playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=options)
        page = browser.new_page(viewport={"width": 1400, "height": 1200})
        page.set_default_timeout(PATIENCE)
        page.address = address
        yield page
        browser.close()


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    directory = Path(os.environ.get("TFEVENTS_SCREENSHOTS") or tmp_path)
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def count(locator: Any, number: int) -> None:
    expect(locator).to_have_count(number, timeout=PATIENCE)


def visible(locator: Any) -> list[Any]:
    return [element for element in locator.all() if element.is_visible()]


def colourful(element: Any) -> float:
    """The share of an element's pixels that are neither black nor white nor grey."""
    image = peer("PIL.Image").open(io.BytesIO(element.screenshot())).convert("RGB")
    pixels = np.asarray(image).astype(int)
    return float((np.ptp(pixels, axis=-1) > 24).mean())


def drawn(element: Any, share: float) -> None:
    """Wait until something in colour covers at least this share of the element."""
    when(lambda: colourful(element), lambda found: found >= share)


def loaded(images: Any) -> None:
    """Wait until the pictures have their pixels."""

    def widths() -> list[int]:
        return images.evaluate_all("images => images.map(i => i.complete ? i.naturalWidth : 0)")

    when(widths, lambda found: bool(found) and all(found))


def lines(card: Any, at_least: int, points: int) -> None:
    """Wait until the chart has visible lines. The longest has this number of points."""
    paths = card.locator(".render-area path.line")
    when(lambda: len(visible(paths)), lambda found: found >= at_least)
    joined = max(len(re.findall("[ML]", path.get_attribute("d"))) for path in visible(paths))
    assert joined >= points


# What each dashboard must show.


def scalars(page: Any) -> None:
    for tag in ("train/loss", "train/low", "train/high"):
        card = page.locator("tf-scalar-card", has_text=f"tag: {tag}")
        lines(card, 1, len(STEPS))
        drawn(card.locator("vz-line-chart2"), 0.002)
    # Three dots of one step each, each in a colour of its own.
    card = page.locator("tf-scalar-card", has_text="tag: accuracy")
    when(lambda: len(visible(card.locator("path.symbol"))), lambda found: found >= 3)


def images(page: Any) -> None:
    count(page.locator("tf-image-loader"), 2)
    # The third category of tags is closed at first.
    page.get_by_text("picture", exact=True).click()
    count(page.locator("tf-image-loader img"), 3)
    loaded(page.locator("tf-image-loader img"))
    sizes = page.locator("tf-image-loader img").evaluate_all(
        "images => images.map(i => [i.naturalWidth, i.naturalHeight])"
    )
    assert sorted(sizes) == [[32, 32], [64, 48], [128, 48]]
    drawn(page.locator("tf-image-loader", has_text="picture").locator("img"), 0.9)


def audio(page: Any) -> None:
    count(page.locator("tf-audio-loader audio"), 1)
    player = page.locator("tf-audio-loader audio")
    # The duration is known when the browser has decoded the sound. Before, it is NaN.
    duration = when(lambda: player.evaluate("player => player.duration || 0"), bool)
    assert duration == pytest.approx(0.5, abs=0.01)


def labels(nodes: Any) -> list[str]:
    texts = nodes.locator("text.nodelabel")
    return texts.evaluate_all("texts => texts.map(t => t.firstChild.textContent)")


def graphs(page: Any) -> None:
    nodes = page.locator("tf-graph-scene g.node")
    count(nodes, 3)
    assert set(labels(nodes)) == {"input", "Sequential", "output"}
    count(page.locator("tf-graph-scene path.edgeline"), 2)
    # When it is opened, the model shows its four layers.
    page.locator("tf-graph-scene g.node", has_text="Sequential").dblclick()
    layers = page.locator("g.subscene g.node")
    names = {"Conv2d[0]", "ReLU[1]", "Flatten[2]", "Linear[3]"}
    # The places where edges leave the model are nodes too. TensorBoard names them.
    when(lambda: {label for label in labels(layers) if "~~" not in label}, names.__eq__)
    page.wait_for_timeout(1000)  # for the screenshot: they fade in


def distributions(page: Any) -> None:
    chart = page.locator("vz-distribution-chart")
    lines(chart, 8, len(STEPS))
    drawn(chart, 0.05)


def histograms(page: Any) -> None:
    chart = page.locator("vz-histogram-timeseries")
    count(chart.locator("g.histogram path.outline"), len(STEPS))
    drawn(chart, 0.05)


def text(page: Any) -> None:
    card = page.locator("tf-text-loader")
    expect(card.locator("strong", has_text="loss")).to_be_visible(timeout=PATIENCE)
    assert card.locator("td", has_text="0.1").last.is_visible()


def pr_curves(page: Any) -> None:
    card = page.locator("tf-pr-curve-card")
    lines(card, 1, 50)
    drawn(card.locator("vz-line-chart2"), 0.002)


def mesh(page: Any) -> None:
    canvas = page.locator("tf-mesh-loader canvas").first
    canvas.wait_for()
    # This works once the whole picture was drawn. WebGL draws it.
    drawn(canvas, 0.05)


def hparams(page: Any) -> None:
    cells = page.locator("tf-hparams-table-view vaadin-grid-cell-content")
    trials = [f"{every_plugin.RUN}/{name}" for name in every_plugin.TRIALS]

    def shown() -> list[str]:
        return [cell.inner_text().strip() for cell in visible(cells)]

    table = when(shown, lambda found: set(trials) <= set(found))
    assert {"lr", "layers", "bias", "accuracy"} <= set(table)
    for trial, (_, accuracy) in zip(trials, every_plugin.TRIALS.values(), strict=True):
        row = table[table.index(trial) :][:6]
        assert float(row[-1]) == accuracy, row


def custom_scalars(page: Any) -> None:
    card = page.locator("tf-custom-scalar-multi-line-chart-card")
    lines(card, 2, len(STEPS))
    card = page.locator("tf-custom-scalar-margin-chart-card")
    lines(card, 1, len(STEPS))
    drawn(card.locator("vz-line-chart2"), 0.005)


def projector(page: Any) -> None:
    frame = page.frame_locator("iframe").frame_locator("iframe")
    expect(frame.locator(".numDataPoints")).to_have_text("60", timeout=PATIENCE)
    expect(frame.get_by_text("Dimension: 8").last).to_be_visible(timeout=PATIENCE)
    # Every other sprite is red.
    drawn(frame.locator("canvas").first, 0.003)


def timeseries(page: Any) -> None:
    tags = ["train/loss", "accuracy", "picture", "weights"]
    for tag in tags:
        field = page.get_by_role("combobox", name="Filter tags")
        field.fill(f"^{tag}$")
        field.press("Escape")  # the list of suggestions
        card = page.locator("card-view:visible", has_text=tag.split("/")[-1])
        count(card, 1)
        if tag == "picture":
            loaded(card.locator("img"))
        drawn(card, 0.002)


def million(page: Any) -> None:
    """A card with a million points is shown soon, with its two outliers. The page stays responsive
    when the pointer is over the card.
    """
    field = page.get_by_role("combobox", name="Filter tags")
    field.fill("^y/million$")
    field.press("Escape")
    card = page.locator("card-view:visible", has_text="million")
    count(card, 1)
    expect(card).to_contain_text("999,999", timeout=PATIENCE)
    drawn(card.locator("line-chart"), 0.002)
    box = card.locator("line-chart").bounding_box()
    for part in (0.2, 0.5, 0.8):
        page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] / 2)
        start = time.monotonic()
        page.evaluate("() => new Promise(resolve => requestAnimationFrame(resolve))")
        # It hung for 14 seconds with all points.
        assert time.monotonic() - start < 5


OURS, THEIRS = "tfevents.tensorboard", "tensorboard.main"
DASHBOARDS = [scalars, images, audio, graphs, distributions, histograms, text, pr_curves, mesh]
DASHBOARDS += [hparams, custom_scalars, projector, timeseries]


# The tests of the routes compare all other data of our reader with TensorBoard's.
OVER_OURS = [timeseries, million, histograms, images, hparams, graphs, projector]
CASES = [(THEIRS, dashboard) for dashboard in DASHBOARDS]
CASES += [(OURS, dashboard) for dashboard in OVER_OURS]


@pytest.mark.parametrize(
    ("page", "dashboard"),
    CASES,
    indirect=["page"],
    ids=[f"{module.split('.')[0]}-{dashboard.__name__}" for module, dashboard in CASES],
)
def test_dashboard(
    page: Any, screenshots: Path, dashboard: Callable[[Any], None], request: pytest.FixtureRequest
) -> None:
    shown = "timeseries" if dashboard is million else dashboard.__name__
    page.goto(f"{page.address}#{shown}")
    page.reload()
    try:
        dashboard(page)
    finally:
        page.screenshot(path=screenshots / f"{request.node.callspec.id}.png")
