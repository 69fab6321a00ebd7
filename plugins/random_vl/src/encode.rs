//! Pictures as files: PNG in the pixel modes that it has, named as PIL names them, and JPEG.

use crate::picture::Picture;
use loadwright_plugin::Fault;
use png::{BitDepth, ColorType, Compression, Encoder};

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

/// PIL's quality for a JPEG that asks for none.
const QUALITY: u8 = 75;

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
                return Err(Fault::Settings(format!(
                    "image_format: `{other}` is not one of png, jpeg, RGB, RGBA, L, LA, P, 1: give \
                     one of these as --image-format"
                )));
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
    pub(crate) fn encode(self, picture: &Picture) -> Vec<u8> {
        match self {
            Self::Jpeg => jpeg(picture),
            Self::Png(mode) => png(picture, mode),
        }
    }
}

fn jpeg(picture: &Picture) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut file, QUALITY);
    let (width, height) = (picture.width as u16, picture.height as u16);
    encoder
        .encode(&picture.rgb, width, height, jpeg_encoder::ColorType::Rgb)
        .expect("a Vec takes any write, and the sides were checked with the settings");
    file
}

fn png(picture: &Picture, mode: Mode) -> Vec<u8> {
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
    writer
        .write_image_data(&pixels(picture, mode))
        .expect("there are as many bytes as pixels need");
    writer.finish().expect("a Vec takes any write");
    file
}

fn pixels(picture: &Picture, mode: Mode) -> Vec<u8> {
    let with_alpha = |bytes: &[u8], channels: usize| -> Vec<u8> {
        let pixels = bytes.chunks_exact(channels);
        pixels.flat_map(|pixel| pixel.iter().copied().chain([u8::MAX])).collect()
    };
    match mode {
        Mode::Bilevel => bits(&picture.grey(), picture.width as usize),
        Mode::Grey => picture.grey(),
        Mode::GreyAlpha => with_alpha(&picture.grey(), 1),
        Mode::Palette => picture.rgb.chunks_exact(3).map(colour).collect(),
        Mode::Rgb => picture.rgb.clone(),
        Mode::RgbAlpha => with_alpha(&picture.rgb, 3),
    }
}

/// Bright pixels as set bits; a row begins at a byte.
fn bits(grey: &[u8], width: usize) -> Vec<u8> {
    let byte = |pixels: &[u8]| {
        let bit = |(at, pixel): (usize, &u8)| u8::from(*pixel >= 128) << (7 - at);
        pixels.iter().enumerate().map(bit).fold(0, |byte, bit| byte | bit)
    };
    grey.chunks(width).flat_map(|row| row.chunks(8).map(byte)).collect()
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
