//! What was measured for one page: families in their order, each with its series.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::encoding::MetricEncoder;
use prometheus_client::encoding::NoLabelSet;
use prometheus_client::metrics::MetricType;

/// What kind of number a family has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// It only grows, until the process starts anew. Its series end with `_total`.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// A family of series: one fact about many things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// Its name, unit included; of a counter without `_total`.
    pub name: &'static str,
    /// What kind of number it has.
    pub sort: Sort,
    /// What it tells, in one sentence.
    pub help: &'static str,
    /// The names of its labels.
    pub labels: &'static [&'static str],
}

impl Family {
    /// A number that goes up and down.
    pub const fn gauge(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        Self {
            name,
            sort: Sort::Gauge,
            help,
            labels,
        }
    }

    /// A number that only grows.
    pub const fn counter(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        Self {
            name,
            sort: Sort::Counter,
            help,
            labels,
        }
    }
}

/// The series of one page. What is unknown has none.
#[derive(Clone, Debug, Default)]
pub struct Sheet(Vec<(Family, Vec<Series>)>);

#[derive(Clone, Debug)]
struct Series {
    labels: Vec<(&'static str, String)>,
    value: f64,
}

impl Sheet {
    /// A page with these families, in this order, and no series yet.
    pub fn new(families: impl IntoIterator<Item = Family>) -> Self {
        let families = families.into_iter();
        Self(families.map(|family| (family, Vec::new())).collect())
    }

    /// Adds a series, with a value for each label of its family; nothing when the value is unknown.
    pub fn put(&mut self, family: &Family, labels: &[&str], value: Option<f64>) {
        let Some(value) = value.filter(|value| value.is_finite()) else {
            return;
        };
        debug_assert_eq!(family.labels.len(), labels.len(), "{}", family.name);
        let labels = family.labels.iter().copied().zip(labels);
        let series = Series {
            labels: labels
                .map(|(name, value)| (name, value.to_string()))
                .collect(),
            value,
        };
        let known = self
            .0
            .iter_mut()
            .find(|(known, _)| known.name == family.name);
        debug_assert!(known.is_some(), "{} is not on this page", family.name);
        if let Some((_, all)) = known {
            all.push(series);
        }
    }

    /// Its families, in their order.
    pub fn families(&self) -> impl Iterator<Item = &Family> {
        self.0.iter().map(|(family, _)| family)
    }

    /// How many series it has.
    pub fn len(&self) -> usize {
        self.0.iter().map(|(_, series)| series.len()).sum()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Collector for Sheet {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for (family, series) in &self.0 {
            let sort = match family.sort {
                Sort::Counter => MetricType::Counter,
                Sort::Gauge => MetricType::Gauge,
            };
            let mut metric = encoder.encode_descriptor(family.name, family.help, None, sort)?;
            for one in series {
                // A family without labels would be written with empty braces.
                match one.labels.is_empty() {
                    true => number(&mut metric, family.sort, one.value)?,
                    false => number(
                        &mut metric.encode_family(&one.labels)?,
                        family.sort,
                        one.value,
                    )?,
                }
            }
        }
        Ok(())
    }
}

fn number(encoder: &mut MetricEncoder<'_>, sort: Sort, value: f64) -> Result<(), fmt::Error> {
    match sort {
        Sort::Counter => encoder.encode_counter::<NoLabelSet, f64, f64>(&value, None),
        Sort::Gauge => encoder.encode_gauge(&value),
    }
}
