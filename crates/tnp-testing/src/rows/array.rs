//! Rows: attributes, methods and operators of Array.

use super::*;

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
    ]
}
