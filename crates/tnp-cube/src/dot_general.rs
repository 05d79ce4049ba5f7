//! Products: both operands as batches of matrices, read in tiles that a cube shares.

use smallvec::SmallVec;
use tnp_backend::prim::{Binary, DotDims};
use tnp_backend::{Arg, Outputs, Result, Tensor, TensorType};
use tnp_dtype::DType;
use tnp_shape::{Dims, Layout, Strides};

use crate::binary;
use crate::cast;
use crate::code::{Memory, U32, V, count, cube, cubes, int, sync_cube, unit, when};
use crate::elementwise::copy;
use crate::gpu::{Gpu, index, one, step};
use crate::kernel::{Kernel, given};
use crate::types::{Shared, Val, choose, literal, load, storage, store, val_cell};

/// Units of a cube along each side, and results of each along each side.
const SIDE: u32 = 16;
const EACH: u32 = 2;
/// Rows and columns of a cube's part of the result.
const TILE: u32 = SIDE * EACH;
/// How far along the sums a tile goes.
const DEPTH: u32 = 16;

fn accumulator(dtype: DType) -> DType {
    match dtype {
        DType::Float16 | DType::BFloat16 => DType::Float32,
        other => other,
    }
}

/// An operand as a batch of matrices: offset, then strides of batch, of the kept axes together, and of the summed ones.
struct Operand {
    tensor: Tensor,
    strides: [isize; 3],
}

/// The axes as three, by a copy where strides do not allow it.
fn operand(gpu: &Gpu, x: &Tensor, groups: [&[usize]; 3]) -> Result<Operand> {
    if let Some(strides) = joined(x, groups) {
        return Ok(Operand {
            tensor: x.clone(),
            strides,
        });
    }
    let order: SmallVec<[usize; 6]> = groups
        .iter()
        .flat_map(|group| group.iter().copied())
        .collect();
    let shape: Dims = order.iter().map(|&axis| x.shape()[axis]).collect();
    let strides: Strides = order.iter().map(|&axis| x.layout.strides()[axis]).collect();
    let turned = Tensor {
        layout: Layout::from_parts(shape, strides, x.layout.offset()),
        ..x.clone()
    };
    let sizes = groups.map(|group| group.iter().map(|&axis| x.shape()[axis]).product::<usize>());
    let [_, rows, inner] = sizes;
    Ok(Operand {
        tensor: copy(gpu, &turned)?,
        strides: [(rows * inner) as isize, inner as isize, 1],
    })
}

fn joined(x: &Tensor, groups: [&[usize]; 3]) -> Option<[isize; 3]> {
    let mut result = [0; 3];
    for (stride, group) in result.iter_mut().zip(groups) {
        let mut axes = group.iter().rev().filter(|&&axis| x.shape()[axis] != 1);
        let Some(&last) = axes.next() else { continue };
        *stride = x.layout.strides()[last];
        let mut next = *stride * x.shape()[last] as isize;
        for &axis in axes {
            if x.layout.strides()[axis] != next {
                return None;
            }
            next *= x.shape()[axis] as isize;
        }
    }
    Some(result)
}

/// Sums of products over pairs of axes.
pub(crate) fn dot_general(
    gpu: &Gpu,
    dims: &DotDims,
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Result<Outputs> {
    let (x, y) = (inputs[0].tensor, inputs[1].tensor);
    let free = |x: &Tensor, a: &[usize], b: &[usize]| -> SmallVec<[usize; 4]> {
        (0..x.shape().len())
            .filter(|axis| !a.contains(axis) && !b.contains(axis))
            .collect()
    };
    let rows = free(x, &dims.lhs_contract, &dims.lhs_batch);
    let columns = free(y, &dims.rhs_contract, &dims.rhs_batch);
    let size =
        |x: &Tensor, axes: &[usize]| axes.iter().map(|&axis| x.shape()[axis]).product::<usize>();
    let (batch, m, n, k) = (
        size(x, &dims.lhs_batch),
        size(x, &rows),
        size(y, &columns),
        size(x, &dims.lhs_contract),
    );
    let output = gpu.fresh(ty)?;
    if ty.size() == 0 {
        return one(output);
    }
    let a = operand(gpu, x, [&dims.lhs_batch, &rows, &dims.lhs_contract])?;
    let b = operand(gpu, y, [&dims.rhs_batch, &columns, &dims.rhs_contract])?;
    let tiles = (m.div_ceil(TILE as usize), n.div_ceil(TILE as usize));
    let mut scalars = vec![index(batch)?, index(m)?, index(n)?, index(k)?];
    scalars.extend([index(tiles.0)?, index(tiles.1)?]);
    for operand in [&a, &b] {
        scalars.push(index(operand.tensor.layout.offset())?);
        scalars.extend(operand.strides.iter().map(|&stride| step(stride)));
    }
    index(ty.size())?;
    let dtype = ty.dtype;
    let buffers = vec![
        (storage(dtype), false),
        (storage(dtype), false),
        (storage(dtype), true),
    ];
    let units = SIDE * SIDE;
    let kernel = Kernel::new(
        gpu.target(),
        ("dot_general", dtype),
        units,
        buffers,
        scalars.len(),
        move |buffers: &[Memory]| write(dtype, buffers),
    );
    let work = batch * tiles.0 * tiles.1 * units as usize;
    gpu.launch(kernel, work, &[&a.tensor, &b.tensor], &[&output], &scalars)?;
    one(output)
}

/// `x * y + sum`; of floats in one instruction where there is one.
fn multiply_add(dtype: DType, x: Val, y: Val, sum: Val) -> Val {
    if let (Val::One(x), Val::One(y), Val::One(sum)) = (x, y, sum)
        && x.is_float()
    {
        return Val::One(x.mul_add(y, sum));
    }
    let product = binary::binary(Binary::Multiply, dtype, x, y);
    binary::binary(Binary::Add, dtype, sum, product)
}

/// Scalars: batch, m, n, k, tiles down and across, then offset and strides (batch, kept, summed) of each operand.
fn write(dtype: DType, buffers: &[Memory]) {
    let wide = accumulator(dtype);
    let (batch, m, n, k) = (given(0), given(1), given(2), given(3));
    let (down, across) = (given(4), given(5));
    let left = Shared::new(wide, (TILE * DEPTH) as usize);
    let right = Shared::new(wide, (TILE * DEPTH) as usize);
    let zero = || literal(&tnp_dtype::Literal::zero(wide));
    count(cube(), batch * down * across, cubes(), |task| {
        let matrix = task / (down * across);
        let tile = task - matrix * (down * across);
        let (row, column) = (tile / across, tile - tile / across * across);
        let (first_row, first_column) = (row * TILE, column * TILE);
        let me = unit();
        let (my_row, my_column) = (me / SIDE, me - me / SIDE * SIDE);
        let sums: Vec<_> = (0..EACH * EACH).map(|_| val_cell(zero())).collect();
        count(int(0, U32), k, int(DEPTH.into(), U32), |depth| {
            let fetch = |operand: usize, first: V, limit: V, to: Shared| {
                let base = 6 + 4 * operand;
                let start = given(base) + matrix * given(base + 1);
                // Neighbouring units read along the sums.
                for part in 0..TILE * DEPTH / (SIDE * SIDE) {
                    let slot = me + part * (SIDE * SIDE);
                    let (line, along) = (slot / DEPTH, slot - slot / DEPTH * DEPTH);
                    let (line, along) = (first + line, depth + along);
                    let inside = line.lt(limit).and(along.lt(k));
                    let place = start
                        + inside.select(line, 0) * given(base + 2)
                        + inside.select(along, 0) * given(base + 3);
                    let value = cast::cast(dtype, wide, load(dtype, buffers[operand], place));
                    to.put(slot, choose(inside, value, zero()));
                }
            };
            fetch(0, first_row, m, left);
            fetch(1, first_column, n, right);
            sync_cube();
            count(int(0, U32), int(DEPTH.into(), U32), int(1, U32), |along| {
                let line = |shared: Shared, mine: V| -> Vec<Val> {
                    (0..EACH)
                        .map(|i| shared.get((mine + i * SIDE) * DEPTH + along))
                        .collect()
                };
                let (rows, columns) = (line(left, my_row), line(right, my_column));
                for (i, &x) in rows.iter().enumerate() {
                    for (j, &y) in columns.iter().enumerate() {
                        let cell = sums[i * EACH as usize + j];
                        cell.set(multiply_add(wide, x, y, cell.get()));
                    }
                }
            });
            sync_cube();
        });
        for i in 0..EACH {
            for j in 0..EACH {
                let (r, c) = (
                    first_row + my_row + i * SIDE,
                    first_column + my_column + j * SIDE,
                );
                when(r.lt(m).and(c.lt(n)), || {
                    let sum = sums[(i * EACH + j) as usize].get();
                    let place = (matrix * m + r) * n + c;
                    store(dtype, buffers[2], place, cast::cast(wide, dtype, sum));
                });
            }
        }
    });
}
