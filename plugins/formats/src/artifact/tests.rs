use super::{cut, whole};
use loadwright_plugin::Fault;
use loadwright_plugin::exporter::{Artifact, ExporterHost};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// Files, and calls that are left before every further one fails.
struct Files {
    files: RefCell<BTreeMap<String, Vec<u8>>>,
    calls: Cell<usize>,
}

impl Files {
    fn with(content: &[u8]) -> Self {
        let files = BTreeMap::from([("run/log".to_owned(), content.to_vec())]);
        Self { files: RefCell::new(files), calls: Cell::new(usize::MAX) }
    }

    fn content(&self, name: &str) -> Vec<u8> {
        self.files.borrow().get(name).cloned().unwrap_or_default()
    }

    fn call(&self) -> Result<(), Fault> {
        let left = self.calls.get().checked_sub(1).ok_or(Fault::Fatal("gone".into()))?;
        self.calls.set(left);
        Ok(())
    }
}

impl ExporterHost for Files {
    fn put(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        self.call()?;
        self.files.borrow_mut().insert(name.into(), content.into());
        Ok(())
    }

    fn append(&self, name: &str, content: &[u8]) -> Result<f64, Fault> {
        self.call()?;
        let mut files = self.files.borrow_mut();
        let file = files.entry(name.into()).or_default();
        file.extend(content);
        Ok(file.len() as f64)
    }

    fn read(&self, name: &str, offset: f64, count: u32) -> Result<Vec<u8>, Fault> {
        self.call()?;
        let file = self.content(name);
        let start = (offset as usize).min(file.len());
        Ok(file[start..file.len().min(start + count as usize)].to_vec())
    }

    fn entries(&self, folder: &str) -> Result<Vec<Artifact>, Fault> {
        self.call()?;
        let entry = |(name, content): (&String, &Vec<u8>)| Artifact {
            name: name.clone(),
            size: content.len() as f64,
        };
        let files = self.files.borrow();
        Ok(files.iter().filter(|(name, _)| name.starts_with(folder)).map(entry).collect())
    }
}

/// More than two parts.
fn long() -> Vec<u8> {
    (0..2_500_000_u32).map(|n| (n % 251) as u8).collect()
}

#[test]
fn a_file_is_cut_and_its_copy_is_empty() {
    let files = Files::with(&long());
    cut(&files, "run/log", "run/spare", 2_200_000.0).unwrap();
    assert_eq!(files.content("run/log"), long()[..2_200_000]);
    assert_eq!(files.content("run/spare"), b"");
}

#[test]
fn it_may_be_interrupted_at_every_call() {
    for calls in 0..30 {
        let files = Files::with(&long());
        files.calls.set(calls);
        let first = cut(&files, "run/log", "run/spare", 2_200_000.0);
        files.calls.set(usize::MAX);
        assert_eq!(first.is_ok(), calls >= 16, "{calls}");
        cut(&files, "run/log", "run/spare", 2_200_000.0).unwrap();
        assert_eq!(files.content("run/log"), long()[..2_200_000], "{calls}");
    }
}

#[test]
fn what_has_its_size_is_left_and_what_is_shorter_is_named() {
    let files = Files::with(b"abc");
    cut(&files, "run/log", "run/spare", 3.0).unwrap();
    assert_eq!(files.files.borrow().len(), 1);
    let fault = cut(&files, "run/log", "run/spare", 4.0).unwrap_err();
    assert!(format!("{fault:?}").contains("run/log is shorter than it was"), "{fault:?}");
}

#[test]
fn a_whole_file_has_a_longest_size() {
    let files = Files::with(&long());
    assert_eq!(whole(&files, "run/log", 2_500_000).unwrap(), long());
    assert!(whole(&files, "run/log", 2_499_999).is_err());
}
