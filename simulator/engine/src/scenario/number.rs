//! A number, fixed or drawn.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::adversary::Spread;

/// A number, fixed or drawn.
#[derive(Clone, Copy, Debug, JsonSchema, PartialEq)]
#[schemars(untagged)]
pub enum Number {
    /// Always this.
    Fixed(f64),
    /// Drawn.
    Drawn(Distribution),
}

/// A distribution.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Distribution {
    /// Uniform between the two.
    Uniform([f64; 2]),
    /// Exponential with this mean.
    Exponential(f64),
    /// Log-normal.
    Lognormal {
        /// Median.
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
}

impl From<Number> for Spread {
    fn from(number: Number) -> Self {
        match number {
            Number::Fixed(value) => Self::Fixed(value),
            Number::Drawn(Distribution::Uniform([low, high])) => Self::Uniform(low, high),
            Number::Drawn(Distribution::Exponential(mean)) => Self::Exponential(mean),
            Number::Drawn(Distribution::Lognormal { median, sigma }) => {
                Self::LogNormal(median, sigma)
            }
        }
    }
}

/// By hand, since an untagged enum would say of a misspelt distribution only that nothing matched.
impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a distribution such as `{ uniform = [5, 15] }`")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Number, E> {
        Ok(Number::Fixed(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Number, E> {
        Ok(Number::Fixed(value as f64))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Number, E> {
        Ok(Number::Fixed(value as f64))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Number, A::Error> {
        let distribution = Distribution::deserialize(MapAccessDeserializer::new(&mut map))?;
        if map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            return Err(A::Error::custom("a number has one distribution"));
        }
        Ok(Number::Drawn(distribution))
    }
}
