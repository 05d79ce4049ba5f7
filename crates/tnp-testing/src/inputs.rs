//! The inputs of a row, held in one of the layouts that must not matter.

use std::ops::{Deref, Index};

use tnp_array::{Array, Operand, with_device};
use tnp_backend::{Device, Result, Tensor};
use tnp_dtype::DType;
use tnp_shape::{Dims, Layout, Strides};

use crate::recipe::{Domain, bytes};

/// How equal values lie in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Placing {
    /// C order without gaps.
    Contiguous,
    /// The transpose of C-ordered storage.
    Fortran,
    /// Every axis backwards.
    Reversed,
    /// Every other element of a larger array, not from its start.
    Strided,
    /// Axes along which values repeat have stride zero.
    Broadcast,
}

/// Shape, dtype and values of an input, before it is an array.
#[derive(Clone, PartialEq, Debug)]
pub struct InputSpec {
    /// Sizes of the axes.
    pub shape: Vec<usize>,
    /// Axes along which values repeat.
    pub repeated: Vec<usize>,
    /// Type of the elements.
    pub dtype: DType,
    /// Which values.
    pub domain: Domain,
}

impl InputSpec {
    /// The elements in C order, as native bytes.
    pub fn bytes(&self, seed: u64, input: usize) -> Vec<u8> {
        let mut held = self.shape.clone();
        for &axis in &self.repeated {
            held[axis] = held[axis].min(1);
        }
        let source = bytes(seed, input, held.iter().product(), self.dtype, self.domain);
        if self.repeated.is_empty() {
            return source;
        }
        let mut strides = Layout::contiguous(&held).strides().to_vec();
        for &axis in &self.repeated {
            strides[axis] = 0;
        }
        let item = self.dtype.itemsize();
        let mut out = Vec::with_capacity(self.shape.iter().product::<usize>() * item);
        for position in positions(&self.shape) {
            let at: usize = position
                .iter()
                .zip(&strides)
                .map(|(&i, &s)| i * s as usize)
                .sum();
            out.extend_from_slice(&source[at * item..(at + 1) * item]);
        }
        out
    }
}

/// All positions of a shape, in C order.
fn positions(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let shape = shape.to_vec();
    (0..shape.iter().product()).map(move |mut flat: usize| {
        let mut position = vec![0; shape.len()];
        for (slot, &dim) in position.iter_mut().zip(&shape).rev() {
            *slot = flat % dim;
            flat /= dim;
        }
        position
    })
}

/// One input: dereferences to the array, and converts to an [`Operand`]: lent, or a fresh one given up when the run tests
/// reuse of temporaries.
pub struct Input {
    array: Array,
    made: Option<Made>,
}

/// What an input was made from.
struct Made {
    spec: InputSpec,
    bytes: Vec<u8>,
    placing: Placing,
    device: Device,
    owned: bool,
}

impl Input {
    /// An input in a layout on a device.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn new(
        spec: &InputSpec,
        bytes: Vec<u8>,
        placing: Placing,
        device: Device,
        owned: bool,
    ) -> Result<Input> {
        let array = place(spec, &bytes, placing, device)?;
        let made = Made {
            spec: spec.clone(),
            bytes,
            placing,
            device,
            owned,
        };
        Ok(Input {
            array,
            made: Some(made),
        })
    }

    /// An array that is there already: one of a transformation, say. It is lent.
    pub fn given(array: Array) -> Input {
        Input { array, made: None }
    }

    /// An array of its own: in owned runs nobody else holds its buffer.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn own(&self) -> Result<Array> {
        match &self.made {
            Some(made) if made.owned => place(&made.spec, &made.bytes, made.placing, made.device),
            _ => Ok(self.array.clone()),
        }
    }

    /// Whether the values are still those it was made with.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn is_unchanged(&self) -> Result<bool> {
        match &self.made {
            Some(made) => Ok(self.array.to_bytes()? == made.bytes),
            None => Ok(true),
        }
    }
}

impl Deref for Input {
    type Target = Array;
    fn deref(&self) -> &Array {
        &self.array
    }
}

impl<'a> From<&'a Input> for Operand<'a> {
    fn from(input: &'a Input) -> Operand<'a> {
        if input.made.as_ref().is_some_and(|made| made.owned) {
            input.own().into()
        } else {
            Operand::Borrowed(&input.array)
        }
    }
}

/// What a row's closure gets: `&a[0]` is the first input.
pub struct Inputs {
    items: Vec<Input>,
    dtype: Option<DType>,
}

impl Inputs {
    /// Inputs, and the dtype parameter of rows that have one.
    pub fn new(items: Vec<Input>, dtype: Option<DType>) -> Inputs {
        Inputs { items, dtype }
    }

    /// Arrays that are there already.
    pub fn given(arrays: &[Array], dtype: Option<DType>) -> Inputs {
        let items = arrays.iter().cloned().map(Input::given).collect();
        Inputs { items, dtype }
    }

    /// The row's dtype parameter (`dt` in the NumPy expression).
    ///
    /// # Panics
    /// When the row has none: say `.each(ALL)`.
    pub fn dtype(&self) -> DType {
        self.dtype
            .expect("the row has a dtype parameter: `.each(…)`")
    }

    /// An input as a plain reference, for methods and operators.
    pub fn at(&self, input: usize) -> &Array {
        &self.items[input].array
    }

    /// An input given up, for operators on owned arrays and compound assignment.
    ///
    /// # Panics
    /// When memory runs out.
    pub fn own(&self, input: usize) -> Array {
        self.items[input].own().expect("memory for a small array")
    }

    /// All inputs, for functions of many arrays.
    pub fn arrays(&self) -> Vec<Array> {
        (0..self.items.len()).map(|input| self.own(input)).collect()
    }

    /// All inputs.
    pub fn iter(&self) -> impl Iterator<Item = &Input> {
        self.items.iter()
    }
}

impl Index<usize> for Inputs {
    type Output = Input;
    fn index(&self, input: usize) -> &Input {
        &self.items[input]
    }
}

/// An array of these values, laid out so.
fn place(spec: &InputSpec, bytes: &[u8], placing: Placing, device: Device) -> Result<Array> {
    let (layout, size) = layout(spec, placing);
    let item = spec.dtype.itemsize();
    // What lies between must never be read: ones are valid bools, and no value that would go unnoticed in the others.
    let mut storage = vec![1u8; size * item];
    for (from, position) in positions(&spec.shape).enumerate() {
        let steps = position.iter().zip(layout.strides());
        let at = layout.offset() as isize + steps.map(|(&i, &s)| i as isize * s).sum::<isize>();
        let at = at as usize * item;
        storage[at..at + item].copy_from_slice(&bytes[from * item..(from + 1) * item]);
    }
    let whole = with_device(device, || Array::from_bytes(&storage, &[size], spec.dtype))??;
    let buffer = whole.into_tensor()?.buffer;
    Ok(Array::from_tensor(Tensor {
        buffer,
        layout,
        dtype: spec.dtype,
    }))
}

/// The layout, and how many elements its storage has.
fn layout(spec: &InputSpec, placing: Placing) -> (Layout, usize) {
    let shape = &spec.shape;
    let size: usize = shape.iter().product();
    let dense = Layout::contiguous(shape);
    let parts =
        |strides: Strides, offset| Layout::from_parts(Dims::from_slice(shape), strides, offset);
    match placing {
        Placing::Contiguous => (dense, size),
        Placing::Fortran => {
            let reversed: Vec<usize> = shape.iter().rev().copied().collect();
            let strides = Layout::contiguous(&reversed)
                .strides()
                .iter()
                .rev()
                .copied()
                .collect();
            (parts(strides, 0), size)
        }
        Placing::Reversed => {
            let strides = dense.strides().iter().map(|stride| -stride).collect();
            (parts(strides, size.saturating_sub(1)), size)
        }
        Placing::Strided => {
            let padded: Vec<usize> = shape.iter().map(|dim| 2 * dim + 1).collect();
            let outer = Layout::contiguous(&padded);
            let first: isize = outer.strides().iter().sum();
            let strides = outer.strides().iter().map(|stride| 2 * stride).collect();
            // Nothing lies anywhere.
            let first = if size == 0 { 0 } else { first as usize };
            (parts(strides, first), outer.size() + 1)
        }
        Placing::Broadcast => {
            let held: Vec<usize> = (0..shape.len())
                .map(|axis| {
                    if spec.repeated.contains(&axis) {
                        shape[axis].min(1)
                    } else {
                        shape[axis]
                    }
                })
                .collect();
            let inner = Layout::contiguous(&held);
            let strides = (0..shape.len())
                .map(|axis| {
                    if spec.repeated.contains(&axis) {
                        0
                    } else {
                        inner.strides()[axis]
                    }
                })
                .collect();
            (parts(strides, 0), inner.size())
        }
    }
}
