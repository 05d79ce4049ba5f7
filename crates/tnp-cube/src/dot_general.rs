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

type Group = SmallVec<[usize; 4]>;

/// A product as batches of products of matrices: each axis of an operand belongs to the batch, is kept or is summed over.
///
/// # Examples
/// ```
/// use tnp_backend::prim::DotDims;
/// use tnp_cube::Product;
/// use tnp_shape::Layout;
/// let dims = DotDims {
///     lhs_contract: [1, 2].into_iter().collect(),
///     rhs_contract: [0, 1].into_iter().collect(),
///     ..DotDims::default()
/// };
/// let product = Product::new(&dims, &[5, 3, 4], &[3, 4, 2]);
/// assert_eq!((product.batch, product.rows, product.columns, product.inner), (1, 5, 2, 12));
/// // Two axes that lie one after the other count as one.
/// assert_eq!(product.strides(0, &Layout::contiguous(&[5, 3, 4])), Some([0, 12, 1]));
/// assert_eq!(product.strides(1, &Layout::contiguous(&[3, 4, 2])), Some([0, 1, 2]));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Product {
    /// How many products of matrices.
    pub batch: usize,
    /// Kept elements of the first operand: rows of a result.
    pub rows: usize,
    /// Kept elements of the second: columns of a result.
    pub columns: usize,
    /// Products in a sum.
    pub inner: usize,
    /// For either operand its axes: batch, kept, summed.
    groups: [[Group; 3]; 2],
}

impl Product {
    /// The product of arrays of these shapes.
    pub fn new(dims: &DotDims, lhs: &[usize], rhs: &[usize]) -> Product {
        let groups = |shape: &[usize], batch: &[usize], summed: &[usize]| -> [Group; 3] {
            let kept = (0..shape.len())
                .filter(|axis| !batch.contains(axis) && !summed.contains(axis))
                .collect();
            [batch.into(), kept, summed.into()]
        };
        let a = groups(lhs, &dims.lhs_batch, &dims.lhs_contract);
        let b = groups(rhs, &dims.rhs_batch, &dims.rhs_contract);
        let size = |shape: &[usize], group: &Group| group.iter().map(|&axis| shape[axis]).product();
        Product {
            batch: size(lhs, &a[0]),
            rows: size(lhs, &a[1]),
            columns: size(rhs, &b[1]),
            inner: size(lhs, &a[2]),
            groups: [a, b],
        }
    }

    /// Strides of an operand (0 or 1) along its batch, its kept and its summed axes, where each of the three has one.
    pub fn strides(&self, operand: usize, layout: &Layout) -> Option<[isize; 3]> {
        let mut result = [0; 3];
        for (stride, group) in result.iter_mut().zip(&self.groups[operand]) {
            let mut axes = (group.iter().rev()).filter(|&&axis| layout.shape()[axis] != 1);
            let Some(&last) = axes.next() else { continue };
            *stride = layout.strides()[last];
            let mut next = *stride * layout.shape()[last] as isize;
            for &axis in axes {
                if layout.strides()[axis] != next {
                    return None;
                }
                next *= layout.shape()[axis] as isize;
            }
        }
        Some(result)
    }

    /// Strides of an operand as [`Gpu::packed`] copies it.
    pub fn packed_strides(&self, operand: usize) -> [isize; 3] {
        let kept = [self.rows, self.columns][operand];
        [(kept * self.inner) as isize, self.inner as isize, 1]
    }
}

impl Gpu {
    /// A copy of an operand of a product: batch, kept and summed axes in this order, without gaps.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn packed(&self, product: &Product, operand: usize, x: &Tensor) -> Result<Tensor> {
        let order = || product.groups[operand].iter().flatten();
        let shape: Dims = order().map(|&axis| x.shape()[axis]).collect();
        let strides: Strides = order().map(|&axis| x.layout.strides()[axis]).collect();
        let turned = Tensor {
            layout: Layout::from_parts(shape, strides, x.layout.offset()),
            ..x.clone()
        };
        copy(self, &turned)
    }
}

/// An operand, copied where its axes do not make three, and its strides.
fn operand(gpu: &Gpu, product: &Product, which: usize, x: &Tensor) -> Result<(Tensor, [isize; 3])> {
    match product.strides(which, &x.layout) {
        Some(strides) => Ok((x.clone(), strides)),
        None => Ok((
            gpu.packed(product, which, x)?,
            product.packed_strides(which),
        )),
    }
}

/// Sums of products over pairs of axes.
pub(crate) fn dot_general(
    gpu: &Gpu,
    dims: &DotDims,
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Result<Outputs> {
    let (x, y) = (inputs[0].tensor, inputs[1].tensor);
    let product = Product::new(dims, x.shape(), y.shape());
    let (batch, m, n, k) = (product.batch, product.rows, product.columns, product.inner);
    let output = gpu.fresh(ty)?;
    if ty.size() == 0 {
        return one(output);
    }
    let (a, b) = (operand(gpu, &product, 0, x)?, operand(gpu, &product, 1, y)?);
    let tiles = (m.div_ceil(TILE as usize), n.div_ceil(TILE as usize));
    let mut scalars = vec![index(batch)?, index(m)?, index(n)?, index(k)?];
    scalars.extend([index(tiles.0)?, index(tiles.1)?]);
    for (tensor, strides) in [&a, &b] {
        scalars.push(index(tensor.layout.offset())?);
        scalars.extend(strides.iter().map(|&stride| step(stride)));
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
    gpu.launch(kernel, work, &[&a.0, &b.0], &[&output], &scalars)?;
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
