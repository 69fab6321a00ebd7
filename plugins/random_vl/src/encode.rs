//! Pictures as files: PNG in the pixel modes that it has, named as PIL names them, and JPEG.

use crate::picture::Picture;
use jpeg_encoder::{ImageBuffer, JpegColorType, rgb_to_ycbcr};
use loadwright_plugin::Fault;
use loadwright_plugin::settings::fault;
use png::{BitDepth, ColorType, Compression, Encoder};
use std::borrow::Cow;
use std::cell::RefCell;
use std::io::Write;

/// How a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Jpeg,
    Png(Mode),
}

/// A pixel mode of PNG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Black and white, a bit a pixel.
    Bilevel,
    Grey,
    GreyAlpha,
    /// A palette of 216 colours.
    Palette,
    Rgb,
    RgbAlpha,
}

/// PIL's quality for a JPEG without a given one.
const QUALITY: u8 = 75;

/// Bytes of a PNG chunk.
const CHUNK: usize = 1 << 16;

impl Format {
    /// A file format, or a pixel mode, which is PNG.
    pub(crate) fn read(name: &str) -> Result<Self, Fault> {
        Ok(match name {
            "jpeg" | "jpg" | "JPEG" | "JPG" => Self::Jpeg,
            "png" | "PNG" | "RGB" => Self::Png(Mode::Rgb),
            "RGBA" => Self::Png(Mode::RgbAlpha),
            "L" => Self::Png(Mode::Grey),
            "LA" => Self::Png(Mode::GreyAlpha),
            "P" => Self::Png(Mode::Palette),
            "1" => Self::Png(Mode::Bilevel),
            other => {
                let text = format!(
                    "`{other}` is not one of png, jpeg, RGB, RGBA, L, LA, P, 1: give one of these \
                     as --image-format"
                );
                return Err(fault("image_format", text));
            }
        })
    }

    pub(crate) fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png(_) => "image/png",
        }
    }

    /// The whole file.
    pub(crate) fn encode(self, picture: Picture) -> Vec<u8> {
        match self {
            Self::Jpeg => jpeg(picture),
            Self::Png(mode) => png(picture, mode),
        }
    }
}

/// Rows as the JPEG encoder reads them: in order, the last one again to fill its last block.
struct Rows {
    picture: RefCell<Picture>,
    given: RefCell<(Option<u16>, Vec<u8>)>,
}

impl ImageBuffer for Rows {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.picture.borrow().width as u16
    }

    fn height(&self) -> u16 {
        self.picture.borrow().height as u16
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let (given, row) = &mut *self.given.borrow_mut();
        if *given != Some(y) {
            *given = Some(y);
            row.clear();
            row.extend_from_slice(self.picture.borrow_mut().row());
        }
        for pixel in row.chunks_exact(3) {
            let (luma, blue, red) = rgb_to_ycbcr(pixel[0], pixel[1], pixel[2]);
            for (buffer, value) in buffers.iter_mut().zip([luma, blue, red]) {
                buffer.push(value);
            }
        }
    }
}

fn jpeg(picture: Picture) -> Vec<u8> {
    let mut file = Vec::new();
    let rows = Rows { picture: RefCell::new(picture), given: RefCell::default() };
    jpeg_encoder::Encoder::new(&mut file, QUALITY)
        .encode_image(rows)
        .expect("a Vec takes any write, and the sides were checked with the settings");
    file
}

fn png(mut picture: Picture, mode: Mode) -> Vec<u8> {
    let (color, depth) = match mode {
        Mode::Bilevel => (ColorType::Grayscale, BitDepth::One),
        Mode::Grey => (ColorType::Grayscale, BitDepth::Eight),
        Mode::GreyAlpha => (ColorType::GrayscaleAlpha, BitDepth::Eight),
        Mode::Palette => (ColorType::Indexed, BitDepth::Eight),
        Mode::Rgb => (ColorType::Rgb, BitDepth::Eight),
        Mode::RgbAlpha => (ColorType::Rgba, BitDepth::Eight),
    };
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, picture.width, picture.height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    encoder.set_compression(Compression::Fast);
    if mode == Mode::Palette {
        encoder.set_palette(palette());
    }
    let mut writer = encoder.write_header().expect("a Vec takes any write");
    let mut rows = writer.stream_writer_with_size(CHUNK).expect("a Vec takes any write");
    for _ in 0..picture.height {
        rows.write_all(&pixels(picture.row(), mode)).expect("a Vec takes any write");
    }
    rows.finish().expect("there are as many bytes as pixels need");
    writer.finish().expect("a Vec takes any write");
    file
}

/// A row of a picture as the mode has it.
fn pixels(rgb: &[u8], mode: Mode) -> Cow<'_, [u8]> {
    let with_alpha = |bytes: &[u8], channels: usize| -> Vec<u8> {
        let pixels = bytes.chunks_exact(channels);
        pixels.flat_map(|pixel| pixel.iter().copied().chain([u8::MAX])).collect()
    };
    Cow::Owned(match mode {
        Mode::Bilevel => bits(&grey(rgb)),
        Mode::Grey => grey(rgb),
        Mode::GreyAlpha => with_alpha(&grey(rgb), 1),
        Mode::Palette => rgb.chunks_exact(3).map(colour).collect(),
        Mode::Rgb => return Cow::Borrowed(rgb),
        Mode::RgbAlpha => with_alpha(rgb, 3),
    })
}

/// Brightness, by the weights of ITU-R 601, as PIL's mode L has it.
fn grey(rgb: &[u8]) -> Vec<u8> {
    let grey = rgb.chunks_exact(3).map(|pixel| {
        let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
        ((r * 299 + g * 587 + b * 114 + 500) / 1000) as u8
    });
    grey.collect()
}

/// Bright pixels as set bits.
fn bits(row: &[u8]) -> Vec<u8> {
    let byte = |pixels: &[u8]| {
        let bit = |(at, pixel): (usize, &u8)| u8::from(*pixel >= 128) << (7 - at);
        pixels.iter().enumerate().map(bit).fold(0, |byte, bit| byte | bit)
    };
    row.chunks(8).map(byte).collect()
}

/// Six steps of each of red, green and blue.
fn palette() -> Vec<u8> {
    let step = |step: u32| (step * 51) as u8;
    (0..216_u32).flat_map(|colour| [colour / 36, colour / 6 % 6, colour % 6].map(step)).collect()
}

fn colour(pixel: &[u8]) -> u8 {
    let nearest = |value: u8| (u32::from(value) + 25) / 51;
    (nearest(pixel[0]) * 36 + nearest(pixel[1]) * 6 + nearest(pixel[2])) as u8
}
