//! Rows: random draws.

use super::*;

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
    ]
}
