//! `medtwin-fuzz list`, `medtwin-fuzz open DOOR FILE…`, `medtwin-fuzz seeds DIR`, `medtwin-fuzz run DOOR SEED CASES`.

use std::path::Path;
use std::process::ExitCode;

use medtwin_fuzz::{DOORS, Door, Mutator, dictionary, door, seeds};

const USAGE: &str = "\
medtwin-fuzz list                    the doors
medtwin-fuzz open DOOR FILE…         ask a door about files: what failed is said, and ends it
medtwin-fuzz run DOOR SEED CASES     ask it about so many mutations, the same for each SEED
medtwin-fuzz seeds DIR               leave seeds and dictionaries, for libFuzzer";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match obey(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn obey(words: &[&str]) -> Result<(), String> {
    match words {
        ["list"] => DOORS.iter().for_each(|door| println!("{:14}{}", door.name, door.what)),
        ["open", name, files @ ..] => {
            for file in files {
                let input = std::fs::read(file).map_err(|error| format!("`{file}`: {error}"))?;
                (named(name)?.open)(&input);
            }
        }
        ["run", name, seed, cases] => {
            let number = |word: &str| word.parse().map_err(|_| format!("`{word}` is no number"));
            run(named(name)?, number(seed)?, number(cases)?);
        }
        ["seeds", dir] => {
            let all = DOORS.iter().try_for_each(|door| leave(door, Path::new(dir)));
            all.map_err(|error| format!("`{dir}`: {error}"))?;
        }
        _ => return Err(USAGE.to_owned()),
    }
    Ok(())
}

fn named(name: &str) -> Result<&'static Door, String> {
    door(name).ok_or_else(|| format!("there is no door `{name}`: see `medtwin-fuzz list`"))
}

/// Asks about mutations; a panic tells which one it was.
fn run(door: &Door, seed: u64, cases: u64) {
    let mutator = Mutator::new(door);
    for case in 0..cases {
        let input = mutator.input(seed, case);
        let asked = std::panic::catch_unwind(|| (door.open)(&input));
        if let Err(panic) = asked {
            let file = std::env::temp_dir().join(format!("{}-{seed}-{case}", door.name));
            let _ = std::fs::write(&file, &input);
            eprintln!("again: medtwin-fuzz open {} {}", door.name, file.display());
            std::panic::resume_unwind(panic);
        }
    }
}

/// Leaves `DIR/NAME/…`, the seeds, and `DIR/NAME.dict`.
fn leave(door: &Door, dir: &Path) -> std::io::Result<()> {
    let own = dir.join(door.name);
    std::fs::create_dir_all(&own)?;
    for (number, seed) in seeds(door).iter().enumerate() {
        std::fs::write(own.join(format!("{number:04}")), seed)?;
    }
    let quoted = |word: &Vec<u8>| {
        let escaped: String = word.iter().map(|byte| format!("\\x{byte:02x}")).collect();
        format!("\"{escaped}\"\n")
    };
    let words: String = dictionary(door).iter().map(quoted).collect();
    std::fs::write(dir.join(format!("{}.dict", door.name)), words)
}
