"""Matplotlib's figures as images."""

import io

import numpy as np
import pytest

import events
from peers import peer
from tfevents import SummaryWriter

plt = peer("matplotlib.pyplot")
Image = peer("PIL.Image")


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("agg")
    yield
    plt.close("all")


def logged(directory):
    """The step and the pixels of the only image."""
    event = events.read_events(events.only_file(directory))[1]
    png = event.summary.value[0].image.encoded_image_string
    return event.step, np.asarray(Image.open(io.BytesIO(png)))


def drawn(colour="red"):
    return plt.figure(figsize=(2, 1), dpi=50, facecolor=colour)


@pytest.mark.parametrize("close", [True, False])
def test_a_figure(tmp_path, close):
    figure = drawn()
    canvas = figure.canvas
    with SummaryWriter(tmp_path) as writer:
        writer.add_figure("a", figure, 3, close=close)
    assert plt.fignum_exists(figure.number) is not close
    # An open figure keeps its window.
    assert close or figure.canvas is canvas
    step, found = logged(tmp_path)
    assert step == 3
    assert found.shape == (50, 100, 3)
    assert (found == [255, 0, 0]).all()


def test_figures_are_a_batch(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_figure("a", [drawn(colour) for colour in ("red", "blue")])
    assert plt.get_fignums() == []
    _, found = logged(tmp_path)
    assert found.shape == (50, 200, 3)
    assert (found[:, :100] == [255, 0, 0]).all()
    assert (found[:, 100:] == [0, 0, 255]).all()


def test_a_figure_that_is_not_logged_stays_open(tmp_path):
    figure = drawn()
    with SummaryWriter(tmp_path) as writer, pytest.raises(TypeError, match="global_step"):
        writer.add_figure("a", figure, "three")
    assert plt.fignum_exists(figure.number)
