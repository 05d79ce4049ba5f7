//! The table of rows. Each is one line: a NumPy expression, its inputs, and what we write for it.

mod elementwise;
mod layouts;
mod movement;
mod ordering;
mod products;
mod reductions;
mod tiny;
mod transformations;

use tnp::DType;

use crate::{Fill, Input, Row};

/// All rows, in the order of the table.
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    tiny::add(&mut rows);
    elementwise::add(&mut rows);
    layouts::add(&mut rows);
    reductions::add(&mut rows);
    movement::add(&mut rows);
    ordering::add(&mut rows);
    products::add(&mut rows);
    transformations::add(&mut rows);
    rows
}

/// Elements of the usual sizes: in the first cache, in the second, beyond.
const SIZES: [usize; 3] = [1 << 10, 1 << 15, 1 << 20];

fn unit(dtype: DType, shape: &[usize]) -> Input {
    filled(dtype, shape, Fill::Unit)
}

fn signed(dtype: DType, shape: &[usize]) -> Input {
    filled(dtype, shape, Fill::Signed)
}

fn below(bound: u32, dtype: DType, shape: &[usize]) -> Input {
    filled(dtype, shape, Fill::Below(bound))
}

fn mask(shape: &[usize]) -> Input {
    filled(DType::Bool, shape, Fill::Half)
}

fn filled(dtype: DType, shape: &[usize], fill: Fill) -> Input {
    Input {
        dtype,
        shape: shape.to_vec(),
        fill,
    }
}
