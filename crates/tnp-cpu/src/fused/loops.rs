//! The loops of a region, laid out for the arrays of one call and cut into blocks.

use smallvec::{SmallVec, smallvec};
use tnp_shape::{Dims, Layout, LoopNest, Strides};

use super::program::Program;

/// Rows shorter than this are joined into tiles.
const SHORT: usize = 256;

/// Steps of each operand, in bytes.
pub(super) type Steps = SmallVec<[isize; 8]>;

/// A loop, cut into blocks.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    len: usize,
    block: usize,
    steps: Steps,
}

/// An array of the region: its layout and element size.
#[derive(Clone, Copy)]
pub(super) struct Operand<'a> {
    pub(super) ptr: *const u8,
    pub(super) layout: &'a Layout,
    pub(super) size: usize,
}

/// What a block's rows and columns are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// Nothing is folded.
    Map,
    /// Each row is folded into a result of its own.
    Rows,
    /// The whole block is part of one result.
    Whole,
    /// Columns are kept: rows are folded into a row.
    Columns,
}

/// The loops of a call. Operands are numbered: outputs, inputs, reductions.
pub(super) struct Loops {
    pub(super) form: Form,
    /// Address of each operand's first element.
    pub(super) first: SmallVec<[*const u8; 8]>,
    pub(super) sizes: SmallVec<[usize; 8]>,
    /// Loops over the elements kept (all of them where nothing is folded), outermost first.
    pub(super) kept: Space,
    /// Loops over what is folded into one result.
    pub(super) folded: Space,
    /// Steps of each operand along the rows and columns of a block.
    pub(super) row: Steps,
    pub(super) column: Steps,
}

// SAFETY: the pointers stand for memory that the call's owner shares with the threads that run it; blocks write disjoint parts.
unsafe impl Sync for Loops {}

/// A nest of loops over blocks; the axis of the block's rows and that of its columns are known by number.
#[derive(Clone, Debug, Default)]
pub(super) struct Space {
    axes: SmallVec<[Axis; 4]>,
    row: Option<usize>,
    column: Option<usize>,
}

impl Space {
    /// How many blocks there are.
    pub(super) fn positions(&self) -> usize {
        let blocks = |axis: &Axis| axis.len.div_ceil(axis.block);
        self.axes.iter().map(blocks).product()
    }

    /// The bounds of a block here: rows, columns.
    pub(super) fn largest(&self) -> (usize, usize) {
        let block = |axis: Option<usize>| axis.map_or(1, |axis| self.axes[axis].block);
        (block(self.row), block(self.column))
    }
}

/// Walks over the blocks of a space.
pub(super) struct Cursor<'a> {
    space: &'a Space,
    index: SmallVec<[usize; 4]>,
    /// Distance of the block from each operand's first element, in bytes.
    pub(super) at: Steps,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(space: &'a Space, operands: usize, position: usize) -> Cursor<'a> {
        let mut cursor = Cursor {
            space,
            index: smallvec![0; space.axes.len()],
            at: smallvec![0; operands],
        };
        let mut rest = position;
        for (index, axis) in cursor.index.iter_mut().zip(&space.axes).rev() {
            let blocks = axis.len.div_ceil(axis.block);
            *index = rest % blocks;
            rest /= blocks;
            for (at, step) in cursor.at.iter_mut().zip(&axis.steps) {
                *at += step * (*index * axis.block) as isize;
            }
        }
        cursor
    }

    /// Goes to the next block, and from the last to the first.
    pub(super) fn advance(&mut self) {
        for (index, axis) in self.index.iter_mut().zip(&self.space.axes).rev() {
            *index += 1;
            let wraps = *index * axis.block >= axis.len;
            let moved = match wraps {
                true => -(((*index - 1) * axis.block) as isize),
                false => axis.block as isize,
            };
            for (at, step) in self.at.iter_mut().zip(&axis.steps) {
                *at += step * moved;
            }
            if !wraps {
                return;
            }
            *index = 0;
        }
    }

    /// Rows and columns of the block that lie in this space.
    pub(super) fn extent(&self) -> (usize, usize) {
        let extent = |axis: Option<usize>| {
            axis.map_or(1, |number| {
                let axis = &self.space.axes[number];
                axis.block.min(axis.len - self.index[number] * axis.block)
            })
        };
        (extent(self.space.row), extent(self.space.column))
    }
}

/// Axes of a nest with each operand's steps in bytes.
fn axes(nest: &LoopNest, sizes: &[usize]) -> SmallVec<[Axis; 4]> {
    (0..nest.ndim())
        .map(|axis| Axis {
            len: nest.dims()[axis],
            block: 1,
            steps: (sizes.iter().enumerate())
                .map(|(k, &size)| nest.strides(k)[axis] * size as isize)
                .collect(),
        })
        .collect()
}

impl Loops {
    /// Lays out the loops of a region that has elements. `operands` are outputs, inputs, then reductions, which have no folded axes.
    pub(super) fn new(program: &Program, operands: &[Operand<'_>]) -> Loops {
        let plain = operands.len() - program.folds.len();
        let sizes: SmallVec<[usize; 8]> = operands.iter().map(|operand| operand.size).collect();
        if program.folds.is_empty() {
            let layouts: SmallVec<[&Layout; 8]> = operands.iter().map(|x| x.layout).collect();
            let nest = LoopNest::new(&layouts);
            let first = (operands.iter().enumerate())
                .map(|(k, x)| x.ptr.wrapping_add(nest.offset(k) * x.size))
                .collect();
            return Loops::map(program, first, axes(&nest, &sizes), sizes);
        }
        let folded_dims: Dims = program.folded.iter().map(|&a| program.shape[a]).collect();
        let nothing = Layout::from_parts(
            folded_dims.clone(),
            Strides::from_elem(0, folded_dims.len()),
            0,
        );
        let (mut kept, mut folded) = (SmallVec::new(), SmallVec::new());
        for (k, operand) in operands.iter().enumerate() {
            if k < plain {
                kept.push(operand.layout.select(&program.kept));
                folded.push(operand.layout.select(&program.folded));
            } else {
                kept.push(operand.layout.clone());
                folded.push(nothing.clone());
            }
        }
        let nest = |layouts: &SmallVec<[Layout; 8]>| {
            let layouts: SmallVec<[&Layout; 8]> = layouts.iter().collect();
            LoopNest::new(&layouts)
        };
        let (kept, folded) = (nest(&kept), nest(&folded));
        let first = (operands.iter().enumerate())
            .map(|(k, x)| {
                let both = kept.offset(k) + folded.offset(k);
                // Each nest counts the layout's own offset.
                let twice = if k < plain { x.layout.offset() } else { 0 };
                x.ptr.wrapping_add((both - twice) * x.size)
            })
            .collect();
        let kept = axes(&kept, &sizes);
        let folded = axes(&folded, &sizes);
        Loops::fold(program, first, kept, folded, sizes)
    }

    fn map(
        program: &Program,
        first: SmallVec<[*const u8; 8]>,
        mut axes: SmallVec<[Axis; 4]>,
        sizes: SmallVec<[usize; 8]>,
    ) -> Loops {
        let column = axes.len() - 1;
        let tile = program.tile;
        // An operand that takes larger steps along the columns than along another axis is read through squares of both.
        let turned = (0..sizes.len()).find_map(|k| {
            let along = axes[column].steps[k].unsigned_abs();
            (0..column)
                .filter(|&axis| axes[axis].len > 1 && axes[axis].steps[k] != 0)
                .min_by_key(|&axis| axes[axis].steps[k].unsigned_abs())
                .filter(|&axis| axes[axis].steps[k].unsigned_abs() < along.min(64))
        });
        if let Some(row) = turned {
            let side = ((tile as f64).sqrt() as usize & !7).max(8);
            axes[column].block = axes[column].len.min(side);
            axes[row].block = axes[row].len.min(tile / axes[column].block);
        } else {
            axes[column].block = axes[column].len.min(tile);
            if axes[column].len < SHORT && column > 0 {
                axes[column - 1].block = axes[column - 1].len.min(tile / axes[column].len.max(1));
            }
        }
        let row = turned.or(column.checked_sub(1));
        let none: Steps = smallvec![0; sizes.len()];
        Loops {
            form: Form::Map,
            first,
            row: row.map_or(none, |row| axes[row].steps.clone()),
            column: axes[column].steps.clone(),
            sizes,
            kept: Space {
                axes,
                row,
                column: Some(column),
            },
            folded: Space::default(),
        }
    }

    fn fold(
        program: &Program,
        first: SmallVec<[*const u8; 8]>,
        mut kept: SmallVec<[Axis; 4]>,
        mut folded: SmallVec<[Axis; 4]>,
        sizes: SmallVec<[usize; 8]>,
    ) -> Loops {
        let tile = program.tile;
        let (kept_in, folded_in) = (kept.len() - 1, folded.len() - 1);
        let plain = sizes.len() - program.folds.len();
        // Columns run along the axis on which the first array that tells takes the smaller steps.
        let mut by_columns = false;
        for k in 0..plain {
            let steps = (
                kept[kept_in].steps[k].unsigned_abs(),
                folded[folded_in].steps[k].unsigned_abs(),
            );
            if steps.0 != 0 && steps.1 != 0 {
                by_columns = steps.0 < steps.1 && kept[kept_in].len > 1;
                break;
            }
        }
        let none: Steps = smallvec![0; sizes.len()];
        let mut loops = Loops {
            form: Form::Whole,
            first,
            row: none,
            column: SmallVec::new(),
            sizes,
            kept: Space::default(),
            folded: Space::default(),
        };
        if by_columns {
            let columns = kept[kept_in].len.min(tile);
            kept[kept_in].block = columns;
            folded[folded_in].block = folded[folded_in].len.min(tile / columns).max(1);
            loops.form = Form::Columns;
            loops.column = kept[kept_in].steps.clone();
            loops.row = folded[folded_in].steps.clone();
            loops.kept.column = Some(kept_in);
            loops.folded.row = Some(folded_in);
        } else {
            let columns = folded[folded_in].len.min(tile);
            folded[folded_in].block = columns;
            loops.column = folded[folded_in].steps.clone();
            loops.folded.column = Some(folded_in);
            if folded.len() == 1 && folded[0].len <= tile / 2 {
                loops.form = Form::Rows;
                kept[kept_in].block = kept[kept_in].len.min(tile / columns);
                loops.row = kept[kept_in].steps.clone();
                loops.kept.row = Some(kept_in);
            } else if folded.len() > 1 && columns < SHORT {
                let row = folded_in - 1;
                folded[row].block = folded[row].len.min(tile / columns);
                loops.row = folded[row].steps.clone();
                loops.folded.row = Some(row);
            }
        }
        loops.kept.axes = kept;
        loops.folded.axes = folded;
        loops
    }

    /// The length of the loop, where there is but one and each operand is contiguous or one element repeated.
    pub(super) fn line(&self) -> Option<usize> {
        let [axis] = &self.kept.axes[..] else {
            return None;
        };
        let mut steps = self.column.iter().zip(&self.sizes);
        let plain = steps.all(|(&step, &size)| step == 0 || step == size as isize);
        (self.form == Form::Map && plain).then_some(axis.len)
    }

    /// Most rows and columns of a block.
    pub(super) fn largest(&self) -> (usize, usize) {
        let (kept, folded) = (self.kept.largest(), self.folded.largest());
        (kept.0 * folded.0, kept.1 * folded.1)
    }
}
