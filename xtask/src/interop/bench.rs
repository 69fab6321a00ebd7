//! What the checks of all tools share: a scratch folder, the built binary, programs with a time limit,
//! and claims that are counted.

use super::Failed;
use crate::plugins::{root, target};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// How long one run of `loadwright` may take.
const RUN: Duration = Duration::from_secs(120);

/// The bench of one tool.
#[derive(Debug)]
pub(crate) struct Bench {
    /// The tool's name.
    pub(crate) name: String,
    /// A folder of its own, empty at the start.
    pub(crate) folder: PathBuf,
    /// Where environments and folders of all tools are.
    pub(crate) scratch: PathBuf,
    passed: usize,
    failed: Vec<String>,
}

impl Bench {
    pub(super) fn new(name: &str) -> Result<Self, Failed> {
        let scratch = scratch();
        let folder = scratch.join("runs").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)
                .map_err(|cause| Failed::because(folder.display(), cause))?;
        }
        std::fs::create_dir_all(&folder)
            .map_err(|cause| Failed::because(folder.display(), cause))?;
        Ok(Self { name: name.into(), folder, scratch, passed: 0, failed: Vec::new() })
    }

    /// Counts a claim and prints whether it holds.
    pub(crate) fn claim(&mut self, claim: &str, holds: bool) {
        println!("{} {}: {claim}", if holds { "passed" } else { "FAILED" }, self.name);
        if holds {
            self.passed += 1;
        } else {
            self.failed.push(claim.into());
        }
    }

    /// Claims that two values are the same, and shows both where they are not.
    pub(crate) fn same<T: PartialEq + std::fmt::Debug>(&mut self, claim: &str, ours: T, theirs: T) {
        let holds = ours == theirs;
        let claim = if holds { claim.into() } else { format!("{claim}: {ours:?}, not {theirs:?}") };
        self.claim(&claim, holds);
    }

    pub(super) fn passed(&self) -> usize {
        self.passed
    }

    pub(super) fn failed(&self) -> &[String] {
        &self.failed
    }

    /// Runs the built `loadwright` in the bench's folder and returns what it printed on both streams.
    /// `environment` is added to that of [`alone`].
    ///
    /// # Errors
    /// It is not built, or ends in an error or not in time.
    pub(crate) fn loadwright(
        &self,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<String, Failed> {
        output(&mut self.command(arguments, environment)?, RUN)
    }

    /// Starts the built `loadwright` in the same way, with both streams in `log`.
    ///
    /// # Errors
    /// It is not built, or cannot be started.
    pub(crate) fn loadwright_beside(
        &self,
        arguments: &[&str],
        environment: &[(&str, &str)],
        log: &Path,
    ) -> Result<Running, Failed> {
        Running::start(&mut self.command(arguments, environment)?, log)
    }

    fn command(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Command, Failed> {
        let mut command = Command::new(binary()?);
        command.args(arguments).current_dir(&self.folder);
        alone(&mut command);
        command.envs(environment.iter().copied()).env("HOME", &self.folder);
        Ok(command)
    }
}

/// Builds `loadwright` from the sources as they are, with the profile that this program has.
///
/// # Errors
/// It does not compile.
pub(super) fn build() -> Result<(), Failed> {
    let cargo = std::env::var("CARGO").unwrap_or("cargo".into());
    let mut build = Command::new(cargo);
    build.current_dir(root()).args(["build", "--workspace", "--bin", "loadwright", "--quiet"]);
    output(&mut build, Duration::from_secs(1_800)).map(|_| ())
}

/// The built `loadwright`.
fn binary() -> Result<PathBuf, Failed> {
    let own = std::env::current_exe().map_err(|cause| Failed::because("this program", cause))?;
    Ok(own.with_file_name("loadwright"))
}

/// Where environments and folders of all tools are.
pub(super) fn scratch() -> PathBuf {
    target().with_file_name("interop")
}

/// Takes variables of backends and proxies from the environment of `command`.
pub(crate) fn alone(command: &mut Command) {
    let foreign = ["WANDB_", "SWANLAB_", "CLEARML_", "TRAINS_", "OTEL_", "LOADWRIGHT_"];
    for (name, _) in std::env::vars() {
        if foreign.iter().any(|prefix| name.starts_with(prefix))
            || name.to_ascii_lowercase().ends_with("_proxy")
        {
            command.env_remove(name);
        }
    }
}

/// Runs `command` and returns its standard output and error, one after the other.
///
/// # Errors
/// It cannot be started, fails, or does not end within `limit`; with what it printed last.
pub(crate) fn output(command: &mut Command, limit: Duration) -> Result<String, Failed> {
    let name = Path::new(command.get_program()).display().to_string();
    let files = (Captured::new(&name)?, Captured::new(&name)?);
    command.stdin(Stdio::null()).stdout(files.0.writer(&name)?).stderr(files.1.writer(&name)?);
    let mut started = Running(command.spawn().map_err(|cause| Failed::because(&name, cause))?);
    let ended = started.wait(limit)?;
    let printed = format!("{}{}", files.0.text(), files.1.text());
    match ended {
        Some(status) if status.success() => Ok(printed),
        Some(status) => Err(Failed(format!("{name} ended with {status}:\n{printed}"))),
        None => Err(Failed(format!("{name} did not end within {limit:?}:\n{printed}"))),
    }
}

/// A file without a name that a program writes into.
struct Captured(tempfile::NamedTempFile);

impl Captured {
    fn new(program: &str) -> Result<Self, Failed> {
        let file = tempfile::NamedTempFile::new();
        file.map(Self).map_err(|cause| Failed::because(program, cause))
    }

    fn writer(&self, program: &str) -> Result<std::fs::File, Failed> {
        self.0.reopen().map_err(|cause| Failed::because(program, cause))
    }

    fn text(&self) -> String {
        let bytes = std::fs::read(self.0.path()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A program that ends with its owner: a server beside the runs.
#[derive(Debug)]
pub(crate) struct Running(Child);

impl Running {
    /// Starts `command` with both streams in `log`.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Result<Self, Failed> {
        let name = Path::new(command.get_program()).display().to_string();
        let failed = |cause| Failed::because(&name, cause);
        let file = std::fs::File::create(log).map_err(failed)?;
        command.stdin(Stdio::null()).stdout(file.try_clone().map_err(failed)?).stderr(file);
        command.spawn().map(Self).map_err(failed)
    }

    /// Asks it to end, and waits until it has done so.
    ///
    /// # Errors
    /// It does not within `limit`; it is ended then.
    pub(crate) fn stop(mut self, limit: Duration) -> Result<(), Failed> {
        output(Command::new("kill").arg(self.0.id().to_string()), limit)?;
        match self.wait(limit)? {
            Some(_) => Ok(()),
            None => Err(Failed(format!("process {} did not end within {limit:?}", self.0.id()))),
        }
    }

    /// How it ended; none: it has not within `limit`.
    ///
    /// # Errors
    /// It cannot be told.
    pub(crate) fn wait(&mut self, limit: Duration) -> Result<Option<ExitStatus>, Failed> {
        let mut ended = None;
        until(limit, || {
            ended = self.0.try_wait().ok().flatten();
            ended.is_some()
        });
        Ok(ended)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _: Result<(), std::io::Error> = self.0.kill();
        let _: Result<ExitStatus, std::io::Error> = self.0.wait();
    }
}

/// Asks `holds` every 50 ms until it is so; false: it was not within about `limit`.
pub(crate) fn until(limit: Duration, mut holds: impl FnMut() -> bool) -> bool {
    const PAUSE: Duration = Duration::from_millis(50);
    let mut waited = Duration::ZERO;
    while !holds() {
        if waited >= limit {
            return false;
        }
        std::thread::sleep(PAUSE);
        waited += PAUSE;
    }
    true
}

/// A TCP port of the loopback address that nothing listens on.
///
/// # Errors
/// There is none.
pub(crate) fn free_port() -> Result<u16, Failed> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0");
    let address = listener.and_then(|listener| listener.local_addr());
    address.map(|address| address.port()).map_err(|cause| Failed::because("a free port", cause))
}
