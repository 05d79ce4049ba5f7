//! Rows: shapes, joining, splitting, rearranging.

use super::*;

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
    ]
}
