//! Images, videos and audio from arrays in any memory order. `tfevents.summary` checks them first.

use std::sync::Arc;

use numpy::{PyReadonlyArray2, PyReadonlyArray4, PyReadonlyArray5};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tfevents::summary::{
    self, Amplitude, Channel, DeferredAudio, DeferredImage, DeferredValues, DeferredVideo, Grid,
};

use super::encoded::Summary;
use crate::call::argument;
use crate::call::list::List;

#[derive(FromPyObject)]
pub enum Pictures<'py> {
    Bytes(PyReadonlyArray4<'py, u8>),
    Single(PyReadonlyArray4<'py, f32>),
    Double(PyReadonlyArray4<'py, f64>),
}

#[derive(FromPyObject)]
pub enum Videos<'py> {
    Bytes(PyReadonlyArray5<'py, u8>),
    Single(PyReadonlyArray5<'py, f32>),
    Double(PyReadonlyArray5<'py, f64>),
}

#[derive(FromPyObject)]
pub enum Samples<'py> {
    Pcm(PyReadonlyArray2<'py, i16>),
    Single(PyReadonlyArray2<'py, f32>),
    Double(PyReadonlyArray2<'py, f64>),
}

fn deferred(values: impl DeferredValues + 'static) -> Summary {
    Summary(summary::Prepared::Deferred(Arc::new(values)))
}

fn grid((rows, columns): (usize, usize)) -> Grid {
    Grid { rows, columns }
}

/// Pictures [N, H, W, C], laid out as one picture of `layout` rows and columns. Boxes [M, 4] are
/// drawn into it. Then it is resized.
#[pyfunction]
#[pyo3(signature = (tag, pictures, layout, boxes=None, labels=None, size=None))]
pub fn image(
    py: Python<'_>,
    tag: &Bound<'_, PyAny>,
    pictures: Pictures<'_>,
    layout: (usize, usize),
    boxes: Option<PyReadonlyArray2<'_, f64>>,
    labels: Option<List<String>>,
    size: Option<(u32, u32)>,
) -> PyResult<Summary> {
    fn new<T: Channel + numpy::Element>(
        py: Python<'_>,
        tag: &str,
        pictures: &PyReadonlyArray4<'_, T>,
        grid: Grid,
    ) -> DeferredImage {
        let pictures = pictures.as_array();
        py.detach(|| DeferredImage::new(tag, pictures, grid))
    }
    let (tag, grid) = (argument::tag(tag, "tag")?, grid(layout));
    let mut image = match pictures {
        Pictures::Bytes(pictures) => new(py, tag, &pictures, grid),
        Pictures::Single(pictures) => new(py, tag, &pictures, grid),
        Pictures::Double(pictures) => new(py, tag, &pictures, grid),
    };
    if let Some(boxes) = boxes {
        let labels = labels.map_or_else(Vec::new, |labels| labels.0);
        for (number, corners) in boxes.as_array().outer_iter().enumerate() {
            let label = labels.get(number).filter(|label| !label.is_empty());
            let corners = [corners[0], corners[1], corners[2], corners[3]];
            image.draw_box(corners, label.map(String::as_str));
        }
    }
    if let Some((height, width)) = size {
        image.resize(height, width);
    }
    Ok(deferred(image))
}

/// RGB videos [N, T, H, W, 3], laid out as one video of `layout` rows and columns.
#[pyfunction]
pub fn video(
    py: Python<'_>,
    tag: &Bound<'_, PyAny>,
    videos: Videos<'_>,
    layout: (usize, usize),
    fps: f64,
    colorspace: usize,
) -> PyResult<Summary> {
    fn new<T: Channel + numpy::Element>(
        py: Python<'_>,
        tag: &str,
        videos: &PyReadonlyArray5<'_, T>,
        grid: Grid,
        fps: f64,
        colorspace: usize,
    ) -> Option<DeferredVideo> {
        let videos = videos.as_array();
        py.detach(|| DeferredVideo::new(tag, videos, grid, fps, colorspace))
    }
    let (tag, grid) = (argument::tag(tag, "tag")?, grid(layout));
    let video = match videos {
        Videos::Bytes(videos) => new(py, tag, &videos, grid, fps, colorspace),
        Videos::Single(videos) => new(py, tag, &videos, grid, fps, colorspace),
        Videos::Double(videos) => new(py, tag, &videos, grid, fps, colorspace),
    };
    video.map(deferred).ok_or_else(|| PyValueError::new_err("not a video that a GIF can hold"))
}

/// A sound of samples [frames, channels], and whether some were clipped.
#[pyfunction]
pub fn audio(
    py: Python<'_>,
    tag: &Bound<'_, PyAny>,
    samples: Samples<'_>,
    sample_rate: u32,
) -> PyResult<(Summary, bool)> {
    fn new<T: Amplitude + numpy::Element>(
        py: Python<'_>,
        tag: &str,
        samples: &PyReadonlyArray2<'_, T>,
        rate: u32,
    ) -> Option<(DeferredAudio, bool)> {
        let samples = samples.as_array();
        py.detach(|| DeferredAudio::new(tag, samples, rate))
    }
    let tag = argument::tag(tag, "tag")?;
    let audio = match samples {
        Samples::Pcm(samples) => new(py, tag, &samples, sample_rate),
        Samples::Single(samples) => new(py, tag, &samples, sample_rate),
        Samples::Double(samples) => new(py, tag, &samples, sample_rate),
    };
    let (audio, clipped) =
        audio.ok_or_else(|| PyValueError::new_err("not a sound that a WAV can hold"))?;
    Ok((deferred(audio), clipped))
}
