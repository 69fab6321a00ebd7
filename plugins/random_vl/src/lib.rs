//! The dataset `random_vl`: random text, as in `random`, with seeded images.
//!
//! Images have structure at every scale and grain, so that they compress like photographs: see
//! [`picture`] for how, [`encode`] for the formats.

mod encode;
mod picture;

use encode::Format;
use loadwright_plugin::host::{Host, Imports};
use loadwright_plugin::{
    Content, Conversation, Dataset, Fault, Media, Message, Part, Prompt, Turn, conversation,
    settings, turn,
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

/// Pixels in all images of a prompt, at most: their files fit the memory that the manifest asks, at 4
/// bytes a pixel where nothing can be compressed, and are made well within a call's time.
const MAX_PIXELS: u64 = 16 << 20;

impl<H: Host> RandomVl<H> {
    fn new(host: H, json: &str) -> Result<Self, Fault> {
        let given: settings::Dataset = settings::parse(json)?;
        settings::own::<settings::None>(given.settings.as_ref())?;
        let side = |name: &str, given: Option<u32>| match given.unwrap_or(224) {
            0 => Err(Fault::Settings(format!("{name}: it is 0: give 1 or more pixels"))),
            pixels => Ok(pixels),
        };
        let (width, height) =
            (side("image_width", given.image_width)?, side("image_height", given.image_height)?);
        let images = given.image_num.unwrap_or(1);
        let pixels = u64::from(width) * u64::from(height);
        if pixels.saturating_mul(u64::from(images)) > MAX_PIXELS {
            return Err(Fault::Settings(format!(
                "image_width: {images} of {width} x {height} are above {MAX_PIXELS} pixels a prompt: \
                 give fewer or smaller images"
            )));
        }
        let format = Format::read(given.image_format.as_deref().unwrap_or("RGB"))?;
        if format == Format::Jpeg && width.max(height) > u32::from(u16::MAX) {
            return Err(Fault::Settings(
                "image_width: a JPEG has 65535 pixels a side at most".into(),
            ));
        }
        let texts = Texts::new(host, &given)?;
        Ok(Self { texts, width, height, format, images })
    }

    fn item(&self, index: u32) -> Result<Conversation, Fault> {
        let media = (0..self.images).map(|image| self.image(index, image)).collect::<Vec<_>>();
        let mut parts = vec![Part::Text(self.texts.text(index)?.text)];
        parts.extend(media.iter().enumerate().map(|(slot, content)| {
            let size = content.bytes.len() as u32;
            Part::Media(Media { slot: slot as u32, mime: content.mime.clone(), size })
        }));
        let message = Message { role: "user".into(), parts, extra: String::new() };
        // What images count is the server's to say: the prompt's tokens are not known.
        Ok(conversation(Turn { media, ..turn(Prompt::Messages(vec![message])) }))
    }

    fn image(&self, index: u32, image: u32) -> Content {
        let seed = self.texts.host().random(&format!("image {image}"), index, 16);
        let seed = u128::from_le_bytes(seed.try_into().expect("sixteen bytes were asked"));
        let picture = Picture::new(seed, self.width, self.height);
        Content { mime: self.format.mime().into(), bytes: self.format.encode(picture) }
    }
}

impl Dataset for RandomVl {
    fn configure(settings: &str) -> Result<Self, Fault> {
        Self::new(Imports, settings)
    }

    fn size(&self) -> Result<Option<u32>, Fault> {
        Ok(None)
    }

    fn generate(&self, first: u32, count: u32) -> Result<Vec<Conversation>, Fault> {
        (first..first.saturating_add(count)).map(|index| self.item(index)).collect()
    }
}

loadwright_plugin::dataset!(RandomVl, "manifest.json");

#[cfg(test)]
mod tests;
