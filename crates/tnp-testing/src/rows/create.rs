//! Rows: making arrays.

use super::*;

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
    ]
}
