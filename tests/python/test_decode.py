"""Pictures and sounds are decoded, or refused, whatever their bytes are."""

from __future__ import annotations

import contextlib
import io
import os
import random
import struct
import wave
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scripts
from tfevents.series import AudioClip, Image

try:
    from PIL import Image as pillow
except ImportError:
    pillow = None  # type: ignore[assignment]

needs_limits = pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")
needs_pillow = pytest.mark.skipif(pillow is None, reason="needs Pillow")


def decode(data: bytes, **options: Any) -> Any:
    return Image(0, 0.0, 0, 0, (data,)).decode(**options)


def sound(data: bytes) -> AudioClip:
    return AudioClip(0, 0.0, (data,), ("",), "audio/wav", None)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(pixels: np.ndarray, *more: bytes) -> bytes:
    """A PNG of uint8[height, width, channels] with more chunks before its data."""
    height, width, channels = pixels.shape
    color = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    chunks = [*more, chunk(b"IDAT", zlib.compress(rows, 1)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def made(format: str, *frames: np.ndarray) -> bytes:
    """A picture or an animation made by Pillow."""
    first, *rest = map(pillow.fromarray, frames)
    buffer = io.BytesIO()
    more = {"save_all": True, "append_images": rest} if rest else {}
    first.save(buffer, format, **more)
    return buffer.getvalue()


def wav(channels: int = 1, width: int = 2, frames: int = 20) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(8000)
        file.writeframes(noise(frames * channels * width).tobytes())
    return buffer.getvalue()


# The limit of memory.


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_the_size_of_a_png_has_a_limit_that_can_be_raised(channels: int) -> None:
    pixels = noise(30, 40, channels)
    data = png(pixels)
    size = pixels.nbytes
    for limit in (size, size + 1, None, 2**70):
        assert (decode(data, max_bytes=limit) == pixels).all()
    for limit in (size - 1, 0):
        with pytest.raises(ValueError, match=rf"{size} bytes .*decode\(max_bytes={size}\) allows"):
            decode(data, max_bytes=limit)


def test_a_limit_that_is_none() -> None:
    with pytest.raises(ValueError, match="max_bytes"):
        decode(png(noise(1, 1, 1)), max_bytes=-1)
    with pytest.raises(TypeError, match="max_bytes: expected an integer, got 'much'"):
        decode(png(noise(1, 1, 1)), max_bytes="much")  # type: ignore[arg-type]


@needs_pillow
@pytest.mark.parametrize("format", ["GIF", "JPEG", "BMP", "WEBP"])
def test_the_size_of_other_pictures_too(format: str) -> None:
    frames = 3 if format in ("GIF", "WEBP") else 1
    film = [np.roll(noise(30, 40, 3), n, 1) for n in range(frames)]
    data = made(format, *film)
    size = len(film) * 30 * 40 * 3
    pixels = decode(data, max_bytes=size)
    assert pixels.shape == ((3, 30, 40, 3) if frames > 1 else (30, 40, 3))
    assert (pixels == decode(data, max_bytes=None)).all()
    with pytest.raises(ValueError, match=rf"{size} bytes .*decode\(max_bytes={size}\) allows"):
        decode(data, max_bytes=size - 1)


@needs_pillow
def test_pixels_are_those_of_pillow() -> None:
    """Rows are converted in strips, and animations frame by frame."""
    grey, alpha = noise(1500, 1000), noise(7, 5, 4)
    assert (decode(made("BMP", grey))[..., 0] == grey).all()
    assert (decode(made("TIFF", alpha)) == alpha).all()
    assert (decode(made("WEBP", alpha, alpha[::-1]))).shape == (2, 7, 5, 4)
    film = [np.roll(noise(20, 30, 3) // 128 * 255, n, 1) for n in range(4)]
    data = made("GIF", *film)
    with pillow.open(io.BytesIO(data)) as image:
        frames = []
        for n in range(image.n_frames):
            image.seek(n)
            frames.append(np.array(image.convert("RGB")))
    assert (decode(data) == np.stack(frames)).all()
    pixels = decode(made("JPEG", grey))
    pixels[0] = 0  # The array is a copy that belongs to the caller.


@needs_pillow
def test_a_jpeg_that_has_other_pictures_beside_it() -> None:
    large, small = (pillow.fromarray(noise(size, size, 3)) for size in (16, 8))
    buffer = io.BytesIO()
    large.save(buffer, "MPO", save_all=True, append_images=[small])
    assert decode(buffer.getvalue()).shape == (16, 16, 3)


@needs_pillow
def test_no_program_is_started(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow has Ghostscript decode EPS."""
    ghostscript, ran = tmp_path / "gs", tmp_path / "ran"
    ghostscript.write_text(f"#!/bin/sh\necho >{ran}\n")
    ghostscript.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
    with pytest.raises(ValueError, match="no picture that Pillow can decode"):
        decode(eps)
    assert not ran.exists()


# The memory that a decoder takes beyond its result, measured in a process of its own.
PEAK = """
    import resource, sys
    import numpy as np
    from tfevents.series import Image
    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    data = open(sys.argv[1], "rb").read()
    {warm}
    before = peak()
    try:
        size = Image(0, 0.0, 0, 0, (data,)).decode().nbytes
    except ValueError as error:
        assert "max_bytes" in str(error) or "not whole" in str(error), error
        size = 0
    taken = peak() - before
    assert taken < size + {beside} * (1 << 20), (size >> 20, taken >> 20)
    print(size)
"""


def peak(data: bytes, beside: int, tmp_path: Any, warm: str = "") -> int:
    path = tmp_path / "data"
    path.write_bytes(data)
    code = PEAK.format(beside=beside, warm=warm)
    return int(scripts.check(code, path))


WARM = "from PIL import Image as pillow, GifImagePlugin, JpegImagePlugin"


def test_a_png_takes_what_it_returns(tmp_path: Any) -> None:
    data = png(np.zeros((4000, 4000, 3), np.uint8))
    assert peak(data, 20, tmp_path) == 4000 * 4000 * 3
    data = png(np.zeros((9000, 9000, 4), np.uint8))
    assert len(data) < 2 << 20
    assert peak(data, 20, tmp_path) == 0


@needs_pillow
def test_a_film_takes_what_it_returns(tmp_path: Any) -> None:
    gif = made("GIF", np.zeros((2000, 2000), np.uint8))
    at = gif.index(b"\x2c", 13 + 3 * (2 << (gif[10] & 7)))
    film = lambda n: gif[:at] + gif[at:-1] * n + b";"  # noqa: E731
    assert peak(film(16), 60, tmp_path, WARM) == 16 * 2000 * 2000 * 3
    # Too large sizes are found before anything is decoded.
    assert peak(film(50), 40, tmp_path, WARM) == 0
    assert peak(film(2000), 40, tmp_path, WARM) == 0


@pytest.mark.parametrize("kind", [b"iCCP", b"zTXt", b"iTXt"])
def test_what_is_beside_the_pixels_is_not_unfolded(tmp_path: Any, kind: bytes) -> None:
    bomb = zlib.compress(bytes(100 << 20), 9)
    head = {b"iCCP": b"x\0\0", b"zTXt": b"x\0\0", b"iTXt": b"x\0\x01\0\0\0"}[kind]
    data = png(noise(3, 4, 3), chunk(kind, head + bomb))
    assert peak(data, 20, tmp_path) == 36


@needs_pillow
def test_a_large_jpeg_takes_little_more_than_it_returns(tmp_path: Any) -> None:
    pixels = np.zeros((5000, 8000, 3), np.uint8)
    # Pillow decodes the whole picture, with four bytes for each pixel.
    assert peak(made("JPEG", pixels), 180, tmp_path, WARM) == pixels.nbytes


def test_a_picture_that_says_it_is_large_and_is_not(tmp_path: Any) -> None:
    data = bytearray(png(noise(3, 4, 3)))
    data[16:24] = struct.pack(">II", 9000, 9000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    assert peak(bytes(data), 20, tmp_path) == 0


@needs_limits
def test_a_picture_for_which_there_is_no_memory(tmp_path: Any) -> None:
    path = tmp_path / "data"
    path.write_bytes(png(np.zeros((5000, 5000, 4), np.uint8)))
    code = """
        import os, resource, sys
        import numpy, tfevents
        from tfevents.series import Image
        data = open(sys.argv[1], "rb").read()
        used = int(open("/proc/self/statm").read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (used + (50 << 20), resource.RLIM_INFINITY))
        try:
            Image(0, 0.0, 0, 0, (data,)).decode()
        except ValueError as error:
            print(error)
    """
    assert scripts.check(code, path) == f"there is no memory for its {5000 * 5000 * 4} bytes\n"


# Any bytes.


def mutated(data: bytes, seed: random.Random) -> bytes:
    """Bytes of which a few are changed, removed, added or repeated. Checksums of a PNG stay
    right.
    """
    changed = bytearray(data)
    for _ in range(seed.randint(1, 4)):
        at = seed.randrange(len(changed) + 1)
        how = seed.randrange(5)
        if how == 0:
            changed[at : at + 1] = bytes([seed.randrange(256)])
        elif how == 1:
            changed[at : at + seed.randint(1, 8)] = b""
        elif how == 2:
            changed[at:at] = seed.randbytes(seed.randint(1, 8))
        elif how == 3:
            changed[at : at + 4] = seed.choice([b"\0\0\0\0", b"\xff" * 4, b"\x7f\xff\xff\xff"])
        else:
            changed[at:at] = changed[at : at + seed.randint(1, 64)]
    if seed.random() < 0.5:
        changed = bytearray(resealed(bytes(changed)))
    return bytes(changed)


def resealed(data: bytes) -> bytes:
    """A PNG with right checksums, as far as it goes."""
    out, at = data[:8], 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        body = data[at + 8 : at + 8 + length]
        out += chunk(data[at + 4 : at + 8], body)
        at += 12 + length
    return out + data[at:]


def only_value_errors(
    data: bytes, call: Callable[[bytes], object], count: int, seed: int = 0
) -> None:
    random_ = random.Random(seed)
    found = set()
    for _ in range(count):
        changed = mutated(data, random_)
        try:
            call(changed)
        except ValueError:
            pass
        # Nothing else is promised. A panic is not an Exception.
        except BaseException as error:
            found.add((repr(error), changed))
    assert not found


PALETTE = chunk(b"PLTE", noise(12).tobytes())
PROFILE = chunk(b"iCCP", b"x\0\0" + zlib.compress(b"profile" * 20))
TEXT = chunk(b"zTXt", b"k\0\0" + zlib.compress(b"text"))
PNGS = [
    png(noise(5, 6, 3), chunk(b"gAMA", bytes(4)), PROFILE),
    png(noise(5, 6, 1), chunk(b"tRNS", b"\0\7"), TEXT),
    # A picture of 4 colours, interlaced, and of 16 bits.
    png(noise(4, 4, 1) % 4, PALETTE, chunk(b"tRNS", b"\1\2")).replace(
        b"\x08\0\0\0\0", b"\x08\3\0\0\0", 1
    ),
    png(noise(8, 8, 2)).replace(b"\x08\4\0\0\0", b"\x08\4\0\0\1", 1),
    png(noise(8, 8, 2)).replace(b"\x08\4\0\0\0", b"\x10\4\0\0\0", 1),
    png(noise(4, 4, 3), chunk(b"acTL", struct.pack(">II", 2, 0)), chunk(b"fcTL", bytes(26))),
]


@pytest.mark.parametrize("data", PNGS)
def test_any_bytes_of_a_png(data: bytes) -> None:
    only_value_errors(resealed(data), lambda it: decode(it, max_bytes=1 << 24), 2000)


@needs_pillow
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
@pytest.mark.parametrize("format", ["GIF", "JPEG", "BMP", "WEBP", "TIFF"])
def test_any_bytes_of_other_pictures(format: str) -> None:
    film = [np.roll(noise(9, 8, 3), n, 1) for n in range(1 + 2 * (format in ("GIF", "WEBP")))]
    only_value_errors(made(format, *film), lambda it: decode(it, max_bytes=1 << 22), 400)


@needs_pillow
@given(st.binary(max_size=300))
def test_any_bytes_at_all(data: bytes) -> None:
    for beginning in (b"", b"GIF89a", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF"):
        with contextlib.suppress(ValueError):
            decode(beginning + data, max_bytes=1 << 20)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_bytes_of_a_wav(width: int, channels: int) -> None:
    data = wav(channels, width)

    def hear(data: bytes) -> None:
        clip = sound(data)
        samples = clip.decode()
        assert samples.ndim == 2
        assert samples.nbytes <= 2 * len(data)
        assert clip.sample_rate >= 0

    hear(data)
    for at in range(len(data)):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[at] ^= 1 << bit
            with contextlib.suppress(ValueError):
                hear(bytes(flipped))
    for end in range(len(data)):
        with contextlib.suppress(ValueError):
            hear(data[:end])
    only_value_errors(data, hear, 2000)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_the_samples_of_a_wav(width: int) -> None:
    data = wav(2, width, 5)
    raw = data[44:]
    samples = sound(data).decode()
    assert samples.dtype == {1: np.uint8, 2: np.int16, 3: np.int32, 4: np.int32}[width]
    expected = [
        int.from_bytes(raw[at : at + width], "little", signed=width > 1)
        for at in range(0, len(raw), width)
    ]
    assert samples.ravel().tolist() == expected
    assert samples.shape == (5, 2)
    samples[0] = 0  # The array is a copy that belongs to the caller.
    # The end of the file cuts a frame short.
    assert sound(data[:-1]).decode().tolist()[1:] == np.reshape(expected, (5, 2))[1:4].tolist()


def test_the_rate_of_what_is_no_wav() -> None:
    with pytest.raises(ValueError, match="no WAV"):
        _ = sound(b"RIFF").sample_rate
