//! Several faults at once: the first cause in the table's order is the verdict, the others are said beside it.

use super::super::Situation;

pub(super) static ALL: &[Situation] = &[];
