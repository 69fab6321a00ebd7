//! Contents and files, which go to upload URLs that the server gives.

use super::client::refusal;
use super::{Online, bodies, count_refused};
use crate::model::{Batch, Media};
use crate::target::Refused;
use formats::text::segment;
use loadwright_plugin::Fault;
use loadwright_plugin::exporter::ExporterHost;
use loadwright_plugin::exporter::{Keep, Location};
use serde_json::{Value, json};

/// Contents with one upload URL each, at most.
const UPLOADS: usize = 100;

/// A content on its way: its media type and its bytes.
type Content<'a> = (&'a str, &'a [u8]);

impl<H: ExporterHost> Online<H> {
    pub(super) fn media(&mut self, media: &[Media], refused: &mut Refused) -> Result<(), Fault> {
        let new: Vec<_> = media.iter().filter(|it| !self.sent.media.contains(&it.key)).collect();
        for part in new.chunks(UPLOADS) {
            let paths: Vec<_> = part.iter().map(|it| bodies::path(it)).collect();
            let body = json!({ "experimentId": self.experiment, "paths": paths });
            let contents: Vec<Content<'_>> =
                part.iter().map(|it| (it.kind.content().2, it.content.as_slice())).collect();
            let reasons = self.upload("/resources/presigned/put", &body, &contents)?;
            let mut values = Vec::new();
            for (media, reason) in part.iter().zip(reasons) {
                if reason.is_none() {
                    values.push(bodies::media(media));
                }
                count_refused(refused, reason, 1, "tables and charts");
            }
            if !values.is_empty() {
                let count = values.len();
                let answer = self.values("media", &values.into())?;
                count_refused(refused, answer, count, "tables and charts");
            }
            self.sent.media.extend(part.iter().map(|it| it.key.clone()));
        }
        Ok(())
    }

    pub(super) fn files(&mut self, batch: &Batch, refused: &mut Refused) -> Result<(), Fault> {
        if batch.files.is_empty() {
            return Ok(());
        }
        let path = format!("/experiment/{}/files", segment(&self.experiment));
        let contents: Vec<Content<'_>> =
            batch.files.iter().map(|file| (file.mime, file.content.as_slice())).collect();
        let reasons = self.upload(&format!("{path}/prepare"), &bodies::files(batch), &contents)?;
        let mut uploaded: Vec<Value> = Vec::new();
        for (file, reason) in batch.files.iter().zip(reasons) {
            if reason.is_none() {
                uploaded.push(json!({ "path": file.name, "state": "UPLOADED" }));
            }
            count_refused(refused, reason, 1, "files");
        }
        if !uploaded.is_empty() {
            let (count, body) = (uploaded.len(), json!({ "files": uploaded }));
            let complete = format!("{path}/complete");
            let answer = self.client.call("POST", &complete, Some(&body))?.taken()?;
            count_refused(refused, answer, count, "files");
        }
        Ok(())
    }

    /// Asks for upload URLs, which stay in the host, and puts contents there. A reason for each that
    /// was refused.
    fn upload(
        &mut self,
        path: &str,
        body: &Value,
        contents: &[Content<'_>],
    ) -> Result<Vec<Option<String>>, Fault> {
        let name = |index: usize| format!("upload-{index}");
        let keep = |index: usize| Keep {
            at: Location::Pointer(format!("/urls/{index}")),
            name: name(index),
        };
        let keep = (0..contents.len()).map(keep).collect();
        let answer = self.client.call_keeping("POST", path, Some(body), keep)?;
        // Those that were kept are masked; one that was not would leave an earlier one in its place.
        let kept = |url: &&Value| url.as_str().is_some_and(|url| !url.is_empty());
        let urls = answer.json.get("urls").and_then(Value::as_array);
        let urls = urls.map_or(0, |urls| urls.iter().filter(kept).count());
        if let Some(reason) = answer.taken()? {
            return Ok(vec![Some(reason); contents.len()]);
        }
        if urls != contents.len() {
            let reason = format!("{urls} upload URLs for {} contents", contents.len());
            return Ok(vec![Some(reason); contents.len()]);
        }
        let requests = contents.iter().enumerate();
        let requests = requests.map(|(at, (mime, content))| (name(at), *mime, content.to_vec()));
        let answers = self.client.upload(requests.collect());
        Ok(answers.into_iter().map(uploaded).collect())
    }
}

/// Why an upload is lost. The host has tried again where that was of use, and a chart that cannot be
/// put to a store of its own does not hold up what the server takes.
fn uploaded(answer: Result<u16, Fault>) -> Option<String> {
    match answer {
        Ok(200..300) => None,
        Ok(status) => Some(refusal(status, "")),
        Err(Fault::Settings(fault)) => Some(fault.text),
        Err(
            Fault::Input(text)
            | Fault::Unsupported(text)
            | Fault::Transient(text)
            | Fault::Fatal(text),
        ) => Some(text),
    }
}
