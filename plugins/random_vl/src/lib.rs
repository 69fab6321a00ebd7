//! The dataset `random_vl`: random text, as in `random`, with seeded images.
//!
//! Images have structure at every scale and grain, so that they compress like photographs: see
//! [`picture`] for how, [`encode`] for the formats.

mod encode;
mod picture;

use encode::Format;
use loadwright_plugin::host::{Host, Imports};
use loadwright_plugin::settings::fault;
use loadwright_plugin::{
    Content, Conversation, Dataset, DatasetProperties, Fault, Media, Part, Prompt, Source, Turn,
    content, conversation, items, message, properties, settings, turn,
};
use picture::Picture;
use random::Texts;

/// The dataset, with the host that makes its texts.
#[derive(Debug)]
pub struct RandomVl<H = Imports> {
    texts: Texts<H>,
    width: u32,
    height: u32,
    format: Format,
    images: u32,
}

/// Pixels in all images of a prompt, at most: their files fit the memory in the manifest, at 4
/// bytes a pixel where nothing can be compressed, and are made well within a call's time.
const MAX_PIXELS: u64 = 16 << 20;

impl<H: Host> RandomVl<H> {
    fn new(host: H, json: &str) -> Result<Self, Fault> {
        let given: settings::Dataset = settings::parse(json)?;
        settings::own::<settings::None>(given.settings.as_ref())?;
        let side = |name: &str, given: Option<u32>| match given.unwrap_or(224) {
            0 => Err(fault(name, "it is 0: give 1 or more pixels")),
            pixels => Ok(pixels),
        };
        let (width, height) =
            (side("image_width", given.image_width)?, side("image_height", given.image_height)?);
        let images = given.image_num.unwrap_or(1);
        let pixels = u64::from(width) * u64::from(height);
        if pixels.saturating_mul(u64::from(images)) > MAX_PIXELS {
            let text = format!(
                "{images} of {width} x {height} are above {MAX_PIXELS} pixels a prompt: give fewer \
                 or smaller images"
            );
            return Err(fault("image_width", text));
        }
        let format = Format::read(given.image_format.as_deref().unwrap_or("RGB"))?;
        if format == Format::Jpeg && width.max(height) > u32::from(u16::MAX) {
            return Err(fault("image_width", "a JPEG has 65535 pixels a side at most"));
        }
        let texts = Texts::new(host, &given)?;
        Ok(Self { texts, width, height, format, images })
    }

    fn item(&self, index: u32) -> Result<Conversation, Fault> {
        let media = (0..self.images).map(|image| self.image(index, image)).collect::<Vec<_>>();
        let mut parts = vec![Part::Text(self.texts.text(index)?.text)];
        parts.extend(media.iter().enumerate().map(part));
        // Only the server knows the tokens of an image, and with it those of the prompt.
        Ok(conversation(Turn { media, ..turn(Prompt::Messages(vec![message("user", parts)])) }))
    }

    fn image(&self, index: u32, image: u32) -> Content {
        let seed = self.texts.host().random(&format!("image {image}"), index, 16);
        let seed = u128::from_le_bytes(seed.try_into().expect("the host gives sixteen bytes"));
        let picture = Picture::new(seed, self.width, self.height);
        content(self.format.mime(), self.format.encode(picture))
    }
}

/// The part that names the content at `index`.
fn part((index, content): (usize, &Content)) -> Part {
    let size = match &content.source {
        Source::Bytes(bytes) => bytes.len() as u32,
        Source::File(_) | Source::Cell(_) => 0,
    };
    let (index, mime) = (index as u32, content.mime.clone());
    Part::Media(Media { index, mime, size, extra: String::new() })
}

impl Dataset for RandomVl {
    fn configure(settings: &str) -> Result<Self, Fault> {
        Self::new(Imports, settings)
    }

    fn properties(&self) -> Result<DatasetProperties, Fault> {
        Ok(properties())
    }

    fn generate(&self, first: u32, count: u32) -> Result<Vec<Result<Conversation, Fault>>, Fault> {
        Ok(items(first, count, |index| self.item(index)))
    }
}

loadwright_plugin::dataset!(RandomVl, "manifest.json");

#[cfg(test)]
mod tests;
