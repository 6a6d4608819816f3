//! Files that are whole or not there: written under a temporary name, then renamed.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

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

/// A file that gets its name when it is whole.
pub(crate) struct Pending {
    file: BufWriter<File>,
    path: PathBuf,
}

fn temporary(path: &Path) -> OsString {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name
}

impl Pending {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent)?;
        }
        let file = BufWriter::new(File::create(temporary(path))?);
        Ok(Self { file, path: path.to_owned() })
    }

    pub(crate) fn finish(self) -> io::Result<()> {
        self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        std::fs::rename(temporary(&self.path), &self.path)
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes a file whole.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Problems> {
    let written = Pending::create(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.finish()
    });
    written.map_err(|error| problem(path, &error))
}

pub(crate) fn problem(path: &Path, error: &io::Error) -> Problems {
    Problems::one(
        format!("cannot write `{}`: {error}", path.display()),
        "choose another directory with `--out`",
    )
}
