//! Audio: copies samples at the call, and encodes them as a WAV file later.

use std::io::{self, Cursor};

use hound::{SampleFormat, WavSpec, WavWriter};
use ndarray::ArrayView2;

use crate::proto::Audio;
use crate::proto::number::value as number;
use crate::proto::value::put_message_value;
use crate::summary::deferred::DeferredValues;

/// A sample of one channel, of a type that callers may pass.
pub trait Amplitude: Copy + Sync {
    /// Floats are amplitudes from -1 to 1, truncated as torch does; NaN is 0.
    fn quantized(self) -> i16;
    /// Whether it is outside of the range that can be written.
    fn is_clipped(self) -> bool;
}

impl Amplitude for i16 {
    fn quantized(self) -> i16 {
        self
    }
    fn is_clipped(self) -> bool {
        false
    }
}

impl Amplitude for f32 {
    fn quantized(self) -> i16 {
        (self.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16
    }
    fn is_clipped(self) -> bool {
        self.abs() > 1.0
    }
}

impl Amplitude for f64 {
    fn quantized(self) -> i16 {
        (self.clamp(-1.0, 1.0) * f64::from(i16::MAX)) as i16
    }
    fn is_clipped(self) -> bool {
        self.abs() > 1.0
    }
}

/// A value with a sound.
#[derive(Debug)]
pub struct DeferredAudio {
    tag: String,
    /// In Hz.
    rate: u32,
    channels: u16,
    /// \[frames, channels\]
    samples: Vec<i16>,
}

impl DeferredAudio {
    /// Copies samples \[frames, channels\]. Also returns whether some were clipped. None if a WAV
    /// file can't hold them: there are no channels or too many, too many bytes, or none or too many
    /// a second.
    pub fn new<T: Amplitude>(
        tag: &str,
        samples: ArrayView2<'_, T>,
        rate: u32,
    ) -> Option<(DeferredAudio, bool)> {
        let channels = u16::try_from(samples.ncols()).ok().filter(|&channels| channels > 0)?;
        rate.checked_mul(2 * u32::from(channels)).filter(|&bytes| bytes > 0)?;
        // The limit is the size of a message.
        i32::try_from(2 * samples.len()).ok()?;
        let clipped = samples.iter().any(|sample| sample.is_clipped());
        let samples = samples.iter().map(|sample| sample.quantized()).collect();
        Some((DeferredAudio { tag: tag.to_owned(), rate, channels, samples }, clipped))
    }

    fn wav(&self) -> hound::Result<Vec<u8>> {
        let spec = WavSpec {
            channels: self.channels,
            sample_rate: self.rate,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut out = Vec::with_capacity(64 + 2 * self.samples.len());
        let mut writer = WavWriter::new(Cursor::new(&mut out), spec)?;
        let mut samples = writer.get_i16_writer(self.samples.len() as u32);
        for &sample in &self.samples {
            samples.write_sample(sample);
        }
        samples.flush()?;
        writer.finalize()?;
        Ok(out)
    }
}

impl DeferredValues for DeferredAudio {
    fn size(&self) -> usize {
        size_of::<DeferredAudio>() + self.tag.capacity() + 2 * self.samples.capacity()
    }

    fn encode(&self, out: &mut Vec<u8>) -> io::Result<()> {
        let wav = self.wav().map_err(io::Error::other)?;
        let frames = self.samples.len() / usize::from(self.channels);
        let audio = Audio {
            sample_rate: self.rate as f32,
            channels: self.channels.into(),
            frames: frames as i64,
            encoded: (&wav).into(),
            content_type: "audio/wav".into(),
        };
        let mut message = Vec::with_capacity(wav.len() + 64);
        audio.encode(&mut message);
        put_message_value(out, &self.tag, number::AUDIO, &message);
        Ok(())
    }
}
