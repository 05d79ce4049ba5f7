//! Rows: reading and writing by index.

use super::*;

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
    ]
}
