"""Audio: the samples are those that the standard library's `wave` reads."""

import io
import struct
import warnings
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import events
import tfevents
from tfevents import SummaryWriter


def decoded(summary):
    """Samples [frames, channels], and the fields of `Summary.Audio`, which must agree."""
    (value,) = dict(events.fields(summary.SerializeToString())).values()
    fields = dict(events.fields(events.Value.parse(value).audio))
    with wave.open(io.BytesIO(fields[4])) as file:
        assert file.getsampwidth() == 2
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        samples = samples.reshape(-1, file.getnchannels())
        assert struct.unpack("<f", fields[1])[0] == np.float32(file.getframerate())
    assert (fields[2], fields[3]) == samples.shape[::-1]
    assert fields[5] == b"audio/wav"
    return samples, fields


def samples(tensor, **options):
    return decoded(tfevents.summary.audio("a", tensor, **options))[0]


amplitudes = st.floats(-1, 1, width=32) | st.sampled_from([-1.0, 1.0, 0.0, -0.0])


@given(npst.arrays(np.float32, st.integers(1, 300), elements=amplitudes))
def test_mono(array):
    expected = (array * 32767).astype(np.int16)
    for shaped in (array, array[None], array[:, None], array[None, :, None]):
        assert samples(shaped)[:, 0].tolist() == expected.tolist()
    double = array.astype(np.float64)
    assert samples(double)[:, 0].tolist() == (double * 32767).astype(np.int16).tolist()


@given(npst.arrays(np.float32, st.tuples(st.just(2), st.integers(2, 300)), elements=amplitudes))
def test_stereo(array):
    expected = (array * 32767).astype(np.int16)
    np.testing.assert_array_equal(samples(array), expected.T)
    if array.shape != (2, 2):
        np.testing.assert_array_equal(samples(array.T), expected.T)
    np.testing.assert_array_equal(samples(array[None]), expected.T)


def test_16_bit_integers_are_written_as_they_are():
    array = np.array([0, 1, -1, 32767, -32768, 100], np.int16)
    assert samples(array)[:, 0].tolist() == array.tolist()
    assert samples(array.astype(">i2"))[:, 0].tolist() == array.tolist()


@pytest.mark.parametrize("dtype", ["f2", ">f4", ">f8", "g", "?", "O"])
def test_other_types(dtype):
    array = np.array([0, 1, 0, 1], dtype)
    assert samples(array)[:, 0].tolist() == [0, 32767, 0, 32767]


@pytest.mark.parametrize("dtype", ["i1", "u1", ">i2", "u2", "i4", ">u4", "i8", "u8"])
def test_integers_are_scaled_by_their_type(dtype):
    info = np.iinfo(dtype)
    middle = (int(info.min) + int(info.max) + 1) // 2
    values = [middle, info.min, info.max, middle + int(info.max // 4), middle - 1]
    expected = [(int(value) - middle) * 2**15 // 2 ** (info.bits - 1) for value in values]
    assert samples(np.array(values, dtype))[:, 0].tolist() == expected


def test_python_s_own_integers_are_amplitudes():
    assert samples([0, 1, -1])[:, 0].tolist() == [0, 32767, -32767]


@pytest.mark.parametrize("dtype", ["f4", "u1", "i2"])
def test_what_is_masked_is_silence(dtype):
    array = np.ma.array(np.ones(3, dtype), mask=[False, True, False])
    expected = samples(np.ones(3, dtype))[:, 0].tolist()
    assert samples(array)[:, 0].tolist() == [expected[0], 0, expected[2]]


def test_clipping_warns_and_nan_is_silence():
    array = np.array([1.5, -1.5, 0.5, np.nan, np.inf, -np.inf, 1.0], np.float32)
    with pytest.warns(RuntimeWarning, match="tensor.*clipped") as warned:
        found = samples(array)
    assert warned[0].filename == __file__
    assert found[:, 0].tolist() == [32767, -32767, 16383, 0, 32767, -32767, 32767]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        samples(array[-1:])
        samples(np.array([np.nan]))


@pytest.mark.parametrize("rate", [1, 8000, 22050.0, 44100, np.int64(48000), 192_000, 2**30])
def test_sample_rates(rate):
    _, fields = decoded(tfevents.summary.audio("a", np.zeros(4), rate))
    with wave.open(io.BytesIO(fields[4])) as file:
        assert file.getframerate() == rate


def test_add_audio(tmp_path):
    tone = np.sin(np.arange(1000) / 10).astype(np.float32)
    with SummaryWriter(tmp_path) as writer:
        writer.add_audio("a", tone[None], 5, 8000, 2.5)
        with pytest.warns(RuntimeWarning, match="snd_tensor") as warned:
            writer.add_audio("b", 2 * tone)
    assert warned[0].filename == __file__
    one, two = (event for event in events.parse_file(events.only_file(tmp_path)) if event.values)
    assert (one.step, one.wall_time, one.values[0].tag) == (5, 2.5, "a")
    assert two.values[0].tag == "b"
