//! Images are read back by decoders of other crates.

use super::*;
use loadwright_plugin::host::{Synthesis, Synthesized};

#[derive(Debug, Clone, Copy)]
struct Numbered;

impl Host for Numbered {
    fn random(&self, label: &str, index: u32, count: u32) -> Vec<u8> {
        let seed = label.bytes().fold(index, |seed, byte| seed.wrapping_mul(31) + u32::from(byte));
        (0..count).map(|n| (seed.wrapping_add(n).wrapping_mul(0x9e37_79b9) >> 13) as u8).collect()
    }

    fn count(&self, _: &str, _: bool) -> Result<u32, Fault> {
        Ok(3)
    }

    fn synthesize(&self, it: &Synthesis<'_>) -> Result<Synthesized, Fault> {
        Ok(Synthesized { text: format!("text {}", it.index), tokens: it.tokens })
    }
}

fn dataset(more: &str) -> RandomVl<Numbered> {
    RandomVl::new(Numbered, &format!(r#"{{"max_prompt_length":20{more}}}"#)).unwrap()
}

fn bytes(content: &Content) -> &[u8] {
    match &content.source {
        Source::Bytes(bytes) => bytes,
        other => panic!("not bytes: {other:?}"),
    }
}

fn png_of(bytes: &[u8]) -> (png::OutputInfo, Vec<u8>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::IDENTITY);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info, pixels)
}

#[test]
fn a_turn_has_text_and_its_images_by_position() {
    let item = dataset(r#","image_num":2,"image_width":30,"image_height":20"#).item(4).unwrap();
    let turn = &item.turns[0];
    assert_eq!(turn.media.len(), 2);
    assert_ne!(bytes(&turn.media[0]), bytes(&turn.media[1]));
    assert_eq!(turn.input_tokens, None);
    let Prompt::Messages(messages) = &turn.prompt else { panic!("not messages") };
    assert_eq!(messages[0].parts[0], Part::Text("text 4".into()));
    for index in [0, 1] {
        let size = bytes(&turn.media[index]).len() as u32;
        let (mime, extra) = ("image/png".into(), String::new());
        let media = Media { index: index as u32, mime, size, extra };
        assert_eq!(messages[0].parts[index + 1], Part::Media(media));
    }
}

#[test]
fn every_mode_is_a_png_of_its_kind() {
    use png::{BitDepth::*, ColorType::*};
    for (format, color, depth) in [
        ("png", Rgb, Eight),
        ("RGB", Rgb, Eight),
        ("RGBA", Rgba, Eight),
        ("L", Grayscale, Eight),
        ("LA", GrayscaleAlpha, Eight),
        ("P", Indexed, Eight),
        ("1", Grayscale, One),
    ] {
        let more = format!(r#","image_format":"{format}","image_width":33,"image_height":21"#);
        let item = dataset(&more).item(0).unwrap();
        let (info, _) = png_of(bytes(&item.turns[0].media[0]));
        assert_eq!((info.width, info.height), (33, 21));
        assert_eq!((info.color_type, info.bit_depth), (color, depth), "{format}");
    }
}

fn rgb(mut picture: Picture) -> Vec<u8> {
    (0..picture.height).flat_map(|_| picture.row().to_vec()).collect()
}

#[test]
fn a_png_holds_the_picture() {
    let picture = || Picture::new(7, 40, 30);
    let (_, pixels) = png_of(&Format::read("RGB").unwrap().encode(picture()));
    assert_eq!(pixels, rgb(picture()));
}

#[test]
fn a_jpeg_is_near_the_picture() {
    let picture = || Picture::new(7, 64, 45);
    let file = Format::Jpeg.encode(picture());
    let read = image::load_from_memory_with_format(&file, image::ImageFormat::Jpeg).unwrap();
    let read = read.into_rgb8().into_raw();
    let rgb = rgb(picture());
    assert_eq!(read.len(), rgb.len());
    let difference = |(a, b): (&u8, &u8)| f64::from(a.abs_diff(*b));
    let mean = read.iter().zip(&rgb).map(difference).sum::<f64>() / read.len() as f64;
    assert!(mean < 8.0, "mean difference {mean}");
}

/// Photographs take about 1.5 to 2.5 bytes a pixel as RGB PNG and 0.15 to 0.45 as JPEG of quality 75.
#[test]
fn images_compress_like_photographs() {
    let sizes = |format: &str| {
        let format = Format::read(format).unwrap();
        let bytes: usize =
            (0..5).map(|seed| format.encode(Picture::new(seed, 512, 384)).len()).sum();
        bytes as f64 / (5 * 512 * 384) as f64
    };
    let (png, jpeg) = (sizes("png"), sizes("jpeg"));
    println!("PNG {png:.3}, JPEG {jpeg:.3} bytes a pixel");
    assert!((1.5..=2.5).contains(&png), "PNG: {png} bytes a pixel");
    assert!((0.15..=0.45).contains(&jpeg), "JPEG: {jpeg} bytes a pixel");
}

#[test]
fn the_same_seed_and_index_give_the_same_bytes() {
    let image = |index| bytes(&dataset("").item(index).unwrap().turns[0].media[0]).to_vec();
    assert_eq!(image(3), image(3));
    assert_ne!(image(3), image(4));
}

#[test]
fn settings_that_cannot_be_are_faults_that_name_them() {
    for (more, name) in [
        (r#","image_format":"CMYK""#, "image_format"),
        (r#","image_width":0"#, "image_width"),
        (r#","image_height":0"#, "image_height"),
        (r#","image_width":100000,"image_height":100000"#, "image_width"),
        (r#","image_width":3000,"image_height":3000,"image_num":2"#, "image_width"),
        (r#","image_num":-1"#, "image_num"),
    ] {
        let json = format!(r#"{{"max_prompt_length":20{more}}}"#);
        let Err(Fault::Settings(fault)) = RandomVl::new(Numbered, &json) else {
            panic!("{json} was taken")
        };
        assert_eq!(fault.name, name, "{}", fault.text);
    }
}
