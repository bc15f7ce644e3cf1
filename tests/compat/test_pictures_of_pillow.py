"""Pillow's pictures: the logged pixels are those that Pillow itself converts."""

import numpy as np
import pytest

import tfevents
from peers import peer
from tfevents import SummaryWriter

Image = peer("PIL.Image")

SHADES = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3) * 2
RGB = Image.fromarray(SHADES)
MODES = ["1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LA", "PA", "I", "F", "I;16", "RGBX"]


def in_mode(mode):
    return RGB.convert("L").convert(mode) if mode == "I;16" else RGB.convert(mode)


def logged(directory, call):
    with SummaryWriter(directory) as writer:
        call(writer)
    (series,) = tfevents.read(directory)["."].images.values()
    return series[0].decode()


@pytest.mark.parametrize("mode", MODES)
def test_a_picture_of_any_mode(tmp_path, mode):
    picture = in_mode(mode)
    right = np.asarray(picture.convert("RGBA" if mode.endswith("A") else "RGB"))
    for number, axes in enumerate(("CHW", "HWC", "HW")):
        found = logged(
            tmp_path / str(number), lambda w, axes=axes: w.add_image("t", picture, dataformats=axes)
        )
        np.testing.assert_array_equal(found, right)
    assert picture.mode == mode


def test_a_transparent_palette(tmp_path):
    palette = RGB.convert("P")
    palette.info["transparency"] = 3
    found = logged(tmp_path, lambda w: w.add_image("t", palette))
    np.testing.assert_array_equal(found, np.asarray(palette.convert("RGBA")))


def test_a_list_is_a_batch(tmp_path):
    found = logged(tmp_path / "a", lambda w: w.add_images("t", [RGB, RGB.convert("RGBA")]))
    assert found.shape == (5, 14, 4)
    np.testing.assert_array_equal(found[..., :3], np.concatenate([SHADES, SHADES], axis=1))
    assert (found[..., 3] == 255).all()
    with pytest.raises(ValueError, match="img_tensor"):
        logged(tmp_path / "b", lambda w: w.add_images("t", [RGB, RGB.resize((3, 3))]))


def test_frames_of_a_video(tmp_path):
    frames = [Image.new("RGB", (4, 6), colour) for colour in ((255, 0, 0), (0, 255, 0))]
    found = logged(tmp_path / "list", lambda w: w.add_video("t", frames))
    np.testing.assert_array_equal(found[..., :3], np.stack([np.asarray(f) for f in frames]))
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    with Image.open(tmp_path / "moving.gif") as moving:
        found = logged(tmp_path / "one", lambda w: w.add_video("t", moving))
    np.testing.assert_array_equal(found[..., :3], np.stack([np.asarray(f) for f in frames]))


def test_pictures_of_labels(tmp_path):
    pictures = [Image.new("RGB", (4, 6), (shade, 0, 0)) for shade in (10, 20, 30)]
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(np.eye(3), label_img=pictures)
    with Image.open(tmp_path / "00000" / "default" / "sprite.png") as sprite:
        pixels = np.asarray(sprite.convert("RGB"))
    assert pixels.shape == (12, 8, 3)
    assert [pixels[0, 0, 0], pixels[0, 4, 0], pixels[6, 0, 0]] == [10, 20, 30]
