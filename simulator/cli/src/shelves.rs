//! `run --storage DIR`: where the records of each arm's devices lie.
//!
//! A run begins with what its scenario gives devices, wherever records lie: otherwise equal plans would
//! give unequal traces. So DIR must be empty. Each device has a directory of its own, `DIR/ARM/DEVICE`,
//! and is handed that one alone.

use std::io;
use std::path::Path;
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use medtwin_engine::records::{Records, in_memory};
use medtwin_host::{Failures, Files};
use sha2::{Digest as _, Sha256};

use crate::arms::ArmName;
use crate::problem::Problems;
use crate::result::hex;

/// The directory that records lie in.
#[derive(Clone)]
pub(crate) struct Shelves {
    dir: Arc<Dir>,
    path: Arc<Path>,
    failures: Failures,
}

impl Shelves {
    /// Opens the directory `path`, which must be empty; makes it if it is not there.
    pub(crate) fn open(path: &Path) -> Result<Self, Problems> {
        let opened = Dir::create_ambient_dir_all(path, ambient_authority())
            .and_then(|()| Dir::open_ambient_dir(path, ambient_authority()))
            .and_then(|dir| Ok((dir.entries()?.next().is_none(), dir)));
        let (is_empty, dir) = opened.map_err(|error| problem(path, &error))?;
        if !is_empty {
            let message = format!("`{}` is not empty", path.display());
            let help = "a run begins with what its scenario gives devices: give `--storage` an empty directory";
            return Err(Problems::one(message, help));
        }
        Ok(Self { dir: Arc::new(dir), path: path.into(), failures: Failures::default() })
    }

    /// The store of a device in an arm.
    pub(crate) fn store(&self, arm: &ArmName, device: &str) -> Box<dyn Records> {
        match self.shelf(arm, device) {
            Ok(dir) => Box::new(Files::new(dir, self.failures.clone())),
            Err(error) => {
                self.failures.note(format_args!("no directory for `{device}`: {error}"));
                in_memory(device)
            }
        }
    }

    fn shelf(&self, arm: &ArmName, device: &str) -> io::Result<Dir> {
        let arm = plain(&arm.to_string().replace('/', "."));
        let at = Path::new(&arm).join(plain(device));
        self.dir.create_dir_all(&arm)?;
        // Another run that began at the same time has it, if it is there already.
        self.dir.create_dir(&at)?;
        self.dir.open_dir(&at)
    }

    /// Whether every record of the run was kept and read.
    pub(crate) fn check(&self) -> Result<(), Problems> {
        self.failures.first().map_or(Ok(()), |what| Err(problem(&self.path, &what)))
    }
}

fn problem(path: &Path, why: &dyn std::fmt::Display) -> Problems {
    let message = format!("cannot keep records in `{}`: {why}", path.display());
    Problems::one(message, "a run that loses records is none: make room, or leave `--storage` out")
}

/// `name` as a directory's name: as it is where every file system takes it so, or its SHA-256.
fn plain(name: &str) -> String {
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_+.".contains(&byte);
    let stays = !name.starts_with('.') && name.len() <= 100 && name.bytes().all(is_plain);
    if stays && !name.is_empty() { name.to_owned() } else { hex(&Sha256::digest(name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_device_leads_out_or_meets_another() {
        let names = [
            "pump",
            "Pump",
            "..",
            ".",
            "",
            "a/b",
            "../pump",
            "/etc",
            "a\0b",
            &"x".repeat(10_000),
            "püppi",
            "nul ",
        ];
        let plain: std::collections::BTreeSet<_> = names.iter().map(|name| plain(name)).collect();
        assert_eq!(plain.len(), names.len());
        for name in &plain {
            let only = Path::new(name).components().collect::<Vec<_>>();
            assert!(matches!(only[..], [std::path::Component::Normal(_)]), "{name}");
            assert!(name.len() <= 100 && name.is_ascii(), "{name}");
        }
        assert!(plain.contains("pump"));
    }

    #[test]
    fn an_arm_keeps_its_own_and_what_fails_is_told() {
        let dir = tempfile::tempdir().expect("a directory");
        let shelves = Shelves::open(dir.path()).expect("opened");
        let arms =
            ["as-sold/attack", "as-sold/clean"].map(|arm| crate::arms::named(arm).expect("an arm"));
        let mut stores = arms.each_ref().map(|arm| shelves.store(arm, "pump"));
        stores[0].put("a", b"attacked");
        assert_eq!((stores[0].get("a"), stores[1].get("a")), (Some(b"attacked".to_vec()), None));
        assert!(shelves.check().is_ok());
        assert!(Shelves::open(dir.path()).is_err(), "it is not empty any more");
        std::fs::write(dir.path().join("as-sold.clean/remote"), "in the way").expect("written");
        shelves.store(&arms[1], "remote").put("a", b"1");
        assert!(shelves.check().is_err());
    }
}
