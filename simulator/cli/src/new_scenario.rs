//! `scenario new`: a directory with a scenario to begin from, that runs and holds as it is.
//!
//! A site brings attacks that are possible there, each a file of `attacks/` whose first line says what it is. What is made is one of
//! these on the site, under a title, with another patient if one is asked for. It is checked before anything is written.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use clap::Args;
use medtwin_engine::scenario::Scenario;
use toml::{Table, Value};

use crate::bundle::{Bundle, Instead};
use crate::case::Case;
use crate::components::Components;
use crate::library::{self, Attack, Shelf};
use crate::problem::Problems;
use crate::write::{Out, say};

mod ask;

use ask::{Choice, Dialogue};

/// The longest title.
const MAX_TITLE: usize = 200;

/// Make a scenario to begin from: a directory that runs as it is
///
/// Whatever is not given is asked for at a terminal. Otherwise --site and --out are needed; the rest is
/// the site's first attack and its own patient.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  medtwin scenario new\n  medtwin scenario new --site home --attack jam --out my-jam\n  medtwin scenario new --site home --attack forged-bolus --patient child#001 --title \"A child\" --out my-child\n\nThen: medtwin run my-child, medtwin verify my-child. `medtwin list` shows the sites."
)]
pub(crate) struct New {
    /// Where it happens: a site of the library (`medtwin list`)
    #[arg(long)]
    site: Option<String>,
    /// What goes wrong: an attack that the site brings, or `none`
    #[arg(long)]
    attack: Option<String>,
    /// Who the patients of the site are instead (`medtwin patient list`), or a group of people to draw
    /// them from: adult, adolescent, child
    #[arg(long)]
    patient: Option<String>,
    /// One line on what it shows
    #[arg(long)]
    title: Option<String>,
    /// The directory to make; its name is the scenario's
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// What was chosen.
struct Chosen {
    site: String,
    attack: Attack,
    patient: Option<String>,
    title: String,
    out: PathBuf,
}

impl New {
    /// Asks for what was not given, where somebody can answer, and makes it.
    pub(crate) fn obey(&self) -> Result<(), Problems> {
        let can_answer = io::stdin().is_terminal() && io::stderr().is_terminal();
        let (input, told) = (io::stdin().lock(), io::stderr().lock());
        let dialogue = can_answer.then(|| Dialogue::new(input, told));
        let chosen = self.choose(dialogue)?;
        chosen.make()
    }

    fn choose<I: io::BufRead, O: io::Write>(
        &self,
        mut dialogue: Option<Dialogue<I, O>>,
    ) -> Result<Chosen, Problems> {
        let site = match (&self.site, &mut dialogue) {
            (Some(site), _) => site.clone(),
            (None, Some(dialogue)) => dialogue.choose("Where does it happen?", &sites())?,
            (None, None) => return Err(missing("--site", "a site", &library::site_names())),
        };
        let attacks = library::attacks(&site)?;
        let attack = match (&self.attack, &mut dialogue) {
            (Some(attack), _) => attack.clone(),
            (None, Some(dialogue)) => dialogue.choose("What goes wrong?", &choices(&attacks))?,
            (None, None) => attacks.first().map(|first| first.name.clone()).unwrap_or_default(),
        };
        let attack = attack_of(&site, attacks, &attack)?;
        let patient = match (&self.patient, &mut dialogue) {
            (None, Some(dialogue)) => dialogue.line("Which patient?", "as in the site")?,
            (given, _) => given.clone(),
        };
        let title = match (&self.title, &mut dialogue) {
            (None, Some(dialogue)) => dialogue.line("Its title?", &attack.about)?,
            (given, _) => given.clone(),
        };
        let title = checked_title(title.unwrap_or_else(|| attack.about.clone()))?;
        let out = match (&self.out, &mut dialogue) {
            (Some(out), _) => out.clone(),
            (None, Some(dialogue)) => {
                let usual = format!("{site}-{}", attack.name);
                dialogue.line("Which directory?", &usual)?.unwrap_or(usual).into()
            }
            (None, None) => return Err(missing("--out", "a directory to make", &[])),
        };
        Ok(Chosen { site, attack, patient, title, out })
    }
}

fn missing(flag: &str, what: &str, known: &[String]) -> Problems {
    let known = if known.is_empty() { String::new() } else { format!(": {}", known.join(", ")) };
    let help = format!("give `{flag}`, {what}{known}; at a terminal, it is asked for");
    Problems::one(format!("there is no `{flag}`, and nobody to ask"), help)
}

fn sites() -> Vec<Choice> {
    let one = |name: String| {
        let text = library::text("site", &name, "site.toml").unwrap_or_default();
        let about = Scenario::parse(&text).map(|site| site.title).unwrap_or_default();
        Choice { name, about }
    };
    let has_attacks = |name: &String| library::attacks(name).is_ok_and(|all| !all.is_empty());
    library::site_names().into_iter().filter(has_attacks).map(one).collect()
}

fn choices(attacks: &[Attack]) -> Vec<Choice> {
    let one = |attack: &Attack| Choice { name: attack.name.clone(), about: attack.about.clone() };
    attacks.iter().map(one).collect()
}

fn attack_of(site: &str, attacks: Vec<Attack>, name: &str) -> Result<Attack, Problems> {
    let known: Vec<String> = attacks.iter().map(|attack| attack.name.clone()).collect();
    attacks.into_iter().find(|attack| attack.name == name).ok_or_else(|| {
        let help = format!("it brings: {}", known.join(", "));
        Problems::one(format!("the site `{site}` brings no attack `{name}`"), help)
    })
}

/// A title is one line that a README and a table can have.
fn checked_title(title: String) -> Result<String, Problems> {
    let title = title.trim().to_owned();
    let is_one = !title.is_empty() && title.len() <= MAX_TITLE;
    if is_one && !title.chars().any(char::is_control) {
        return Ok(title);
    }
    let message = format!("`{}` is no title", title.escape_debug());
    Err(Problems::one(message, format!("one line of at most {MAX_TITLE} bytes")))
}

impl Chosen {
    /// Checks it whole, then writes it.
    fn make(&self) -> Result<(), Problems> {
        let name = self.name()?;
        let files = self.files()?;
        let shelf = Shelf::Written(files.clone());
        let bundle = Bundle::gather_from(&shelf, &name, &Instead::default())?;
        Case::of(bundle, &Components::default())?;
        let out = Out::open(&self.out)?;
        for (file, text) in &files {
            out.write(file, text.as_bytes())?;
        }
        let dir = self.out.display();
        say!("made {dir}: scenario.toml is the scenario, README.md says what is expected\n");
        say!("    medtwin run {dir}\n    medtwin verify {dir}");
        Ok(())
    }

    /// The directory's name, if the directory can be made.
    fn name(&self) -> Result<String, Problems> {
        let name = self.out.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > 64 || !name.chars().all(is_plain) {
            let message = format!("`{}` is no name for a scenario", self.out.display());
            let help =
                "a directory of letters, digits, `-` and `_`, at most 64, such as `my-attack`";
            return Err(Problems::one(message, help));
        }
        if self.out.symlink_metadata().is_ok() {
            let message = format!("`{}` is there already", self.out.display());
            return Err(Problems::one(message, "give another name: nothing is written over"));
        }
        Ok(name.to_owned())
    }

    fn files(&self) -> Result<BTreeMap<String, String>, Problems> {
        let mut files = BTreeMap::new();
        files.insert("scenario.toml".to_owned(), self.scenario()?);
        files.insert("README.md".to_owned(), self.readme()?);
        Ok(files)
    }

    fn scenario(&self) -> Result<String, Problems> {
        let quoted = |text: &str| Value::String(text.to_owned()).to_string();
        let (title, site) = (quoted(&self.title), quoted(&self.site));
        let mut text = format!("title = {title}\nsite = {site}\n{}", self.attack.text);
        if let Some(patient) = &self.patient {
            let site = library::text("site", &self.site, "site.toml").unwrap_or_default();
            let others = patients(&site, patient);
            let help = "leave `--patient` out";
            let others = others.ok_or_else(|| Problems::one("the site has no patient", help))?;
            let _ = write!(text, "\n{others}");
        }
        Ok(text)
    }

    fn readme(&self) -> Result<String, Problems> {
        let scenario = Scenario::parse(&self.scenario()?)
            .map_err(|error| Problems::one(error.message, error.help.unwrap_or_default()))?;
        let mut text = format!(
            "# {}\n\nAt the site `{}`: {}.\n\n| arm | expected |\n|---|---|\n",
            self.title, self.site, self.attack.about
        );
        for expect in &scenario.expect {
            let bounds = [("at least", expect.at_least), ("at most", expect.at_most)];
            let bounds = bounds.into_iter().chain([("equal to", expect.equals)]);
            let bounds = bounds.filter_map(|(word, bound)| Some(format!(" {word} {}", bound?)));
            let why =
                if expect.why.is_empty() { String::new() } else { format!(": {}", expect.why) };
            let (arm, metric) = (expect.arm.get_ref(), expect.metric.get_ref());
            let bounds: String = bounds.collect();
            let _ = writeln!(text, "| `{arm}` | `{metric}`{bounds}{why} |");
        }
        let name = self.out.file_name().unwrap_or_default().to_string_lossy();
        let _ = write!(
            text,
            "\nWhat to say here: where its facts come from, what it leaves out, what surprises.\n\n\
            Run it: `medtwin run {name}`. Change a number in scenario.toml, and `medtwin scenario check {name}` says what is wrong.\n"
        );
        Ok(text)
    }
}

/// The groups of people that patients are drawn from.
const GROUPS: [&str; 3] = ["adult", "adolescent", "child"];

/// The patients of a site as their tables, each somebody else.
fn patients(site: &str, who: &str) -> Option<String> {
    let site: Table = site.parse().ok()?;
    let mut others = Table::new();
    let mut any = false;
    if let Some(Value::Table(written)) = site.get("patient") {
        let all = written.iter().map(|(name, patient)| (name.clone(), somebody(patient, who)));
        others.insert("patient".to_owned(), Value::Table(all.collect()));
        any |= !written.is_empty();
    }
    if let Some(Value::Table(rules)) = site.get("replicate") {
        let with = |(name, rule): (&String, &Value)| {
            let patient = somebody(rule.get("patient")?, who);
            let rule = Table::from_iter([("patient".to_owned(), patient)]);
            Some((name.clone(), Value::Table(rule)))
        };
        let all: Table = rules.iter().filter_map(with).collect();
        any |= !all.is_empty();
        others.insert("replicate".to_owned(), Value::Table(all));
    }
    any.then(|| toml::to_string(&others).ok()).flatten()
}

fn somebody(patient: &Value, who: &str) -> Value {
    let mut patient = patient.as_table().cloned().unwrap_or_default();
    let group = || Table::from_iter([("group".to_owned(), Value::String(who.to_owned()))]);
    patient.remove("id");
    patient.remove("population");
    let (key, value) = match GROUPS.contains(&who) {
        true => ("population", Value::Table(group())),
        false => ("id", Value::String(who.to_owned())),
    };
    patient.insert(key.to_owned(), value);
    Value::Table(patient)
}

#[cfg(test)]
mod tests;
