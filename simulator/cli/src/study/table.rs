//! `trials.parquet`: one row for each trial and arm, written by groups of rows.

use std::sync::Arc;

use medtwin_engine::drawn::Drawn;
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::columns::{Columns, TrialDraws};
use super::journal::Header;
use super::trial::Trial;
use crate::arms::ArmName;
use crate::problem::Problems;
use crate::result::hex;
use crate::write::{Out, Pending};

/// Its name.
const FILE: &str = "trials.parquet";
/// Rows of a group, about: what is kept in memory.
const GROUP_ROWS: usize = 8192;

/// A column of a group that is not yet written.
enum Column {
    Text(Vec<ByteArray>),
    Flag(Vec<bool>),
    Whole(Vec<i64>),
    Class(Vec<i32>),
    Number(Vec<f64>),
}

/// A cell.
enum Cell {
    Text(String),
    Flag(bool),
    Whole(i64),
    Class(i32),
    /// Null if it is not a number.
    Number(f64),
}

impl Cell {
    fn column(&self) -> Column {
        match self {
            Self::Text(_) => Column::Text(Vec::new()),
            Self::Flag(_) => Column::Flag(Vec::new()),
            Self::Whole(_) => Column::Whole(Vec::new()),
            Self::Class(_) => Column::Class(Vec::new()),
            Self::Number(_) => Column::Number(Vec::new()),
        }
    }

    fn field(&self, name: &str) -> Result<TypePtr> {
        let (physical, logical, repetition) = match self {
            Self::Text(_) => {
                (Physical::BYTE_ARRAY, Some(LogicalType::String), Repetition::REQUIRED)
            }
            Self::Flag(_) => (Physical::BOOLEAN, None, Repetition::REQUIRED),
            Self::Whole(_) => (Physical::INT64, None, Repetition::REQUIRED),
            Self::Class(_) => (Physical::INT32, None, Repetition::REQUIRED),
            Self::Number(_) => (Physical::DOUBLE, None, Repetition::OPTIONAL),
        };
        let field = Type::primitive_type_builder(name, physical);
        field.with_logical_type(logical).with_repetition(repetition).build().map(Arc::new)
    }
}

impl Column {
    fn push(&mut self, cell: Cell) -> Result<()> {
        match (self, cell) {
            (Self::Text(all), Cell::Text(text)) => all.push(text.into_bytes().into()),
            (Self::Flag(all), Cell::Flag(flag)) => all.push(flag),
            (Self::Whole(all), Cell::Whole(number)) => all.push(number),
            (Self::Class(all), Cell::Class(number)) => all.push(number),
            (Self::Number(all), Cell::Number(number)) => all.push(number),
            _ => return Err(ParquetError::General("a cell of another kind".to_owned())),
        }
        Ok(())
    }

    fn write(&mut self, group: &mut SerializedRowGroupWriter<'_, Pending>) -> Result<()> {
        let Some(mut column) = group.next_column()? else {
            return Err(ParquetError::General("more columns than the schema has".to_owned()));
        };
        match self {
            Self::Text(all) => {
                column.typed::<ByteArrayType>().write_batch(all, None, None).map(drop)?
            }
            Self::Flag(all) => column.typed::<BoolType>().write_batch(all, None, None).map(drop)?,
            Self::Whole(all) => {
                column.typed::<Int64Type>().write_batch(all, None, None).map(drop)?
            }
            Self::Class(all) => {
                column.typed::<Int32Type>().write_batch(all, None, None).map(drop)?
            }
            Self::Number(all) => {
                let levels: Vec<i16> = all.iter().map(|n| i16::from(!n.is_nan())).collect();
                all.retain(|number| !number.is_nan());
                column.typed::<DoubleType>().write_batch(all, Some(&levels), None)?;
            }
        }
        self.clear();
        column.close()
    }

    fn clear(&mut self) {
        match self {
            Self::Text(all) => all.clear(),
            Self::Flag(all) => all.clear(),
            Self::Whole(all) => all.clear(),
            Self::Class(all) => all.clear(),
            Self::Number(all) => all.clear(),
        }
    }
}

/// The file, as it grows.
pub(crate) struct Table<'a> {
    header: &'a Header,
    arms: &'a [ArmName],
    at: &'a Columns,
    out: &'a Out,
    writer: Option<SerializedFileWriter<Pending>>,
    columns: Vec<Column>,
    rows: usize,
}

impl<'a> Table<'a> {
    pub(crate) fn new(
        out: &'a Out,
        header: &'a Header,
        arms: &'a [ArmName],
        at: &'a Columns,
    ) -> Self {
        Self { header, arms, at, out, writer: None, columns: Vec::new(), rows: 0 }
    }

    /// Adds the rows of a trial.
    pub(crate) fn add(&mut self, trial: &Trial, draws: &TrialDraws) -> Result<(), Problems> {
        self.try_add(trial, draws).map_err(|error| self.problem(&error))
    }

    /// Writes what is left; the file gets its name.
    pub(crate) fn finish(mut self) -> Result<(), Problems> {
        let finished = self.flush().and_then(|()| match self.writer.take() {
            Some(writer) => Ok(writer.into_inner()?.finish()?),
            None => Ok(()),
        });
        finished.map_err(|error| self.problem(&error))
    }

    fn problem(&self, error: &ParquetError) -> Problems {
        let message = format!("cannot write `{}`: {error}", self.out.path().join(FILE).display());
        Problems::one(message, "make room and go on with `--resume`: what is finished is kept")
    }

    fn try_add(&mut self, trial: &Trial, draws: &TrialDraws) -> Result<()> {
        for arm in 0..self.arms.len() {
            let row = self.row(trial, arm, draws);
            if self.writer.is_none() {
                self.columns = row.iter().map(|(_, cell)| cell.column()).collect();
                self.writer = Some(self.open(&row)?);
            }
            for (column, (_, cell)) in self.columns.iter_mut().zip(row) {
                column.push(cell)?;
            }
        }
        self.rows += self.arms.len();
        if self.rows >= GROUP_ROWS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let Some(writer) = self.writer.as_mut().filter(|_| self.rows > 0) else { return Ok(()) };
        let mut group = writer.next_row_group()?;
        self.columns.iter_mut().try_for_each(|column| column.write(&mut group))?;
        self.rows = 0;
        group.close().map(drop)
    }

    fn open(&self, row: &[(String, Cell)]) -> Result<SerializedFileWriter<Pending>> {
        let fields = row.iter().map(|(name, cell)| cell.field(name)).collect::<Result<_>>()?;
        let schema = Type::group_type_builder("trial").with_fields(fields).build()?;
        let about = [
            ("schema", "medtwin.trials/1".to_owned()),
            ("scenario", self.header.scenario.clone()),
            ("plan_sha256", self.header.plan_sha256.clone()),
            ("seed", self.header.seed.to_string()),
        ];
        let about = about.map(|(key, value)| KeyValue::new(format!("medtwin.{key}"), value));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .set_created_by(format!("medtwin {}", env!("CARGO_PKG_VERSION")))
            .set_key_value_metadata(Some(about.to_vec()))
            .build();
        let file = self.out.begin(FILE.as_ref())?;
        SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))
    }

    /// The names and cells of a row. Those in front repeat the metrics that are asked for most,
    /// under names that need no quotes.
    fn row(&self, trial: &Trial, arm: usize, draws: &TrialDraws) -> Vec<(String, Cell)> {
        let (name, values) = (&self.arms[arm], &trial.arms[arm]);
        let (dose_u, dose_share) = draws.dose(name, values, self.at);
        let value = |at: usize| Cell::Number(values.values[at]);
        let front = [
            ("trial", Cell::Whole(trial.number as i64)),
            ("arm", Cell::Text(name.to_string())),
            ("policy", Cell::Text(name.policy.clone())),
            ("attack", Cell::Flag(name.attack)),
            ("severity", Cell::Class(self.at.severity(&values.values) as i32)),
            ("min_glucose_mg_dl", Cell::Number(self.at.lowest(&values.values))),
            ("minutes_below_54", Cell::Number(self.at.below_54(&values.values))),
            ("effect_min", value(self.at.effect)),
            ("harm_min", value(self.at.harm)),
            ("notice_min", value(self.at.notice)),
            ("dose_u", Cell::Number(dose_u)),
            ("dose_share", Cell::Number(dose_share)),
            ("forged_u", value(self.at.forged_u)),
            ("uca", value(self.at.uca)),
            ("rejected", value(self.at.rejected)),
        ];
        let front = front.into_iter().map(|(name, cell)| (name.to_owned(), cell));
        let drawn = draws.drawn.iter().map(|(name, drawn)| (name.clone(), cell(drawn)));
        let metrics = self.header.columns.iter().zip(&values.values);
        let metrics = metrics.map(|(id, value)| (id.clone(), Cell::Number(*value)));
        let fingerprint = Cell::Text(hex(&values.fingerprint));
        front.chain(drawn).chain(metrics).chain([("fingerprint".to_owned(), fingerprint)]).collect()
    }
}

fn cell(drawn: &Drawn) -> Cell {
    match drawn {
        Drawn::Text(text) => Cell::Text(text.clone()),
        Drawn::Number(number) => Cell::Number(*number),
    }
}
