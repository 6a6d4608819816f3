//! Files that are whole or not there: written under a temporary name, then renamed.
//!
//! Whatever lies in a directory that results are left in may have been planted there. Everything is
//! written through the opened directory, which no path and no symbolic link leaves; a temporary file
//! has a name that nobody can foresee and must be new; and renaming replaces a link, it does not
//! follow one.

use std::ffi::OsStr;
use std::fs::TryLockError;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, OpenOptions};

use crate::problem::Problems;

/// `println!` that ends quietly when nobody reads any more, as in `medtwin … | head`.
macro_rules! say {
    ($($word:tt)*) => { $crate::write::line(format_args!($($word)*)) };
}
pub(crate) use say;

/// Prints a line to standard output.
pub(crate) fn line(text: std::fmt::Arguments<'_>) {
    let mut out = io::stdout().lock();
    if let Err(error) = writeln!(out, "{text}")
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        eprintln!("cannot print: {error}");
    }
}

/// A directory that results are left in. Nothing outside it is ever written.
#[derive(Clone)]
pub(crate) struct Out {
    dir: Arc<Dir>,
    path: PathBuf,
}

impl Out {
    /// Opens the directory `path`; makes it if it is not there.
    pub(crate) fn open(path: &Path) -> Result<Self, Problems> {
        Self::try_open(path).map_err(|error| problem(path, &error))
    }

    fn try_open(path: &Path) -> io::Result<Self> {
        Dir::create_ambient_dir_all(path, ambient_authority())?;
        let dir = Arc::new(Dir::open_ambient_dir(path, ambient_authority())?);
        Ok(Self { dir, path: path.to_owned() })
    }

    /// Writes a file whole.
    pub(crate) fn write(&self, file: impl AsRef<Path>, bytes: &[u8]) -> Result<(), Problems> {
        let written = self.begin(file.as_ref()).and_then(|mut pending| {
            pending.write_all(bytes)?;
            pending.finish()
        });
        written.map_err(|error| self.problem(file.as_ref(), &error))
    }

    /// Begins a file, with the directories that it lies in.
    pub(crate) fn begin(&self, file: &Path) -> io::Result<Pending> {
        if let Some(parent) = file.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            self.dir.create_dir_all(parent)?;
        }
        loop {
            let part = file.with_file_name(temporary(file));
            match self.dir.open_with(&part, OpenOptions::new().write(true).create_new(true)) {
                Ok(opened) => {
                    let (dir, path) = (Arc::clone(&self.dir), file.to_owned());
                    return Ok(Pending { file: Some(BufWriter::new(opened)), dir, part, path });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Keeps every other process of ours out, as long as the result lives; none if one is at work
    /// here. Where a directory cannot be locked, nobody is kept out.
    pub(crate) fn hold(&self) -> Result<Option<std::fs::File>, Problems> {
        // What a `Dir` holds is no open file to the system, and cannot be locked.
        let dir = self.dir.open(".").map_err(|error| problem(&self.path, &error))?.into_std();
        Ok(if matches!(dir.try_lock(), Err(TryLockError::WouldBlock)) { None } else { Some(dir) })
    }

    /// Opens a file that lies there, to read it and to write at its end.
    pub(crate) fn append(&self, file: &str) -> io::Result<File> {
        self.dir.open_with(file, OpenOptions::new().read(true).append(true))
    }

    /// Opens a file that lies there, to read it.
    pub(crate) fn read(&self, file: &str) -> io::Result<File> {
        self.dir.open(file)
    }

    pub(crate) fn has(&self, file: &str) -> bool {
        self.dir.symlink_metadata(file).is_ok()
    }

    pub(crate) fn remove(&self, file: &str) -> io::Result<()> {
        self.dir.remove_file(file)
    }

    /// Removes what a process of ours that was killed left of its unfinished files.
    pub(crate) fn sweep(
        &self,
        files: impl IntoIterator<Item = impl AsRef<Path>>,
    ) -> io::Result<()> {
        for file in files {
            let (file, parent) = (file.as_ref(), file.as_ref().parent());
            let parent = parent.filter(|parent| !parent.as_os_str().is_empty());
            let parent = parent.unwrap_or(Path::new("."));
            let Ok(entries) = self.dir.read_dir(parent) else { continue };
            for entry in entries {
                let name = entry?.file_name();
                if is_left_of(file, &name) {
                    self.dir.remove_file(parent.join(name))?;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn problem(&self, file: impl AsRef<Path>, error: &io::Error) -> Problems {
        problem(&self.path.join(file), error)
    }
}

/// A name beside `file` that nobody can foresee: the keys of a `RandomState` come from the system.
fn temporary(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    format!(".{name}.{:016x}.part", RandomState::new().build_hasher().finish())
}

/// Whether `name` is one that [`temporary`] gave to `file`.
fn is_left_of(file: &Path, name: &OsStr) -> bool {
    let digits = || {
        let file = file.file_name()?.to_str()?;
        let rest = name.to_str()?.strip_prefix('.')?.strip_prefix(file)?;
        rest.strip_prefix('.')?.strip_suffix(".part")
    };
    digits().is_some_and(|d| d.len() == 16 && d.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A file that gets its name when it is whole; what is dropped before leaves nothing.
pub(crate) struct Pending {
    file: Option<BufWriter<File>>,
    dir: Arc<Dir>,
    part: PathBuf,
    path: PathBuf,
}

impl Pending {
    /// Begins the file `path`, in a directory of the user's choice.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        Out::try_open(parent.unwrap_or(Path::new(".")))?.begin(name.as_ref())
    }

    /// Gives it its name, once its bytes are on the disk.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if let Some(file) = self.file.take() {
            let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.sync_all()?;
        }
        let renamed = self.dir.rename(&self.part, &self.dir, &self.path);
        if renamed.is_err() {
            let _ = self.dir.remove_file(&self.part);
        }
        renamed
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = self.dir.remove_file(&self.part);
        }
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().map_or(Ok(0), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), BufWriter::flush)
    }
}

pub(crate) fn problem(path: &Path, error: &io::Error) -> Problems {
    Problems::one(
        format!("cannot write `{}`: {error}", path.display()),
        "choose another directory with `--out`",
    )
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A directory to write in, beside one where nothing may appear.
    fn trap() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let dir = tempfile::tempdir().expect("a directory");
        let (out, outside) = (dir.path().join("out"), dir.path().join("outside"));
        [&out, &outside].iter().for_each(|path| std::fs::create_dir(path).expect("made"));
        (dir, out, outside)
    }

    fn names(dir: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(dir).expect("a directory");
        entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_planted_directory_leads_nowhere() {
        let (_dir, out, outside) = trap();
        symlink(&outside, out.join("traces")).expect("linked");
        symlink("../outside", out.join("plan")).expect("linked");
        for file in ["traces/a", "plan/b", "plan/more/c", "../outside/d"] {
            assert!(Out::open(&out).and_then(|out| out.write(file, b"x")).is_err(), "{file}");
        }
        assert!(names(&outside).is_empty(), "{:?}", names(&outside));
    }

    #[test]
    fn a_planted_file_is_replaced_and_not_written_through() {
        let (_dir, out, outside) = trap();
        let secret = outside.join("secret");
        std::fs::write(&secret, "kept").expect("written");
        for name in ["report.html", "report.html.part"] {
            symlink(&secret, out.join(name)).expect("linked");
        }
        Out::open(&out).and_then(|out| out.write("report.html", b"page")).expect("written");
        assert_eq!(std::fs::read_to_string(&secret).expect("there"), "kept");
        assert_eq!(std::fs::read_to_string(out.join("report.html")).expect("there"), "page");
        assert!(!out.join("report.html").is_symlink());
    }

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        let (_dir, out, _) = trap();
        let mut pending = Pending::create(&out.join("trace")).expect("begun");
        pending.write_all(b"half").expect("written");
        assert_eq!(names(&out).len(), 1);
        drop(pending);
        assert!(names(&out).is_empty(), "{:?}", names(&out));
    }

    #[test]
    fn only_our_own_unfinished_files_are_swept() {
        let (_dir, out, _) = trap();
        let ours = temporary(Path::new("report.html"));
        for name in [&ours, ".report.html.part", ".notes.txt.0123456789abcdef.part", "report.html"]
        {
            std::fs::write(out.join(name), "x").expect("written");
        }
        Out::open(&out).expect("opened").sweep(["report.html"]).expect("swept");
        assert!(!out.join(&ours).exists());
        assert_eq!(names(&out).len(), 3, "{:?}", names(&out));
    }
}
