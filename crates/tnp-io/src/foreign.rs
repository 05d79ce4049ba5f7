//! Memory of other libraries as arrays: borrowed where it lies, copied where that cannot be.

use std::any::Any;
use std::ptr::NonNull;

use smallvec::SmallVec;
use tnp_array::{Array, current_device};
use tnp_backend::prim::Prim;
use tnp_backend::{
    Arg, Buffer, Device, Error, HostMemory, Result, Tensor, checked_size, compact, count_transfer,
};
use tnp_dtype::DType;
use tnp_shape::{Dims, Layout, Strides};

/// Memory of somebody else, described as they describe it.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_dtype::DType;
/// use tnp_io::foreign::Foreign;
/// let numbers = Box::new([1.0f64, 2.0, 3.0, 4.0]);
/// let every_other = Foreign {
///     data: numbers.as_ptr() as *mut u8,
///     dtype: DType::Float64,
///     shape: [2].into_iter().collect(),
///     strides: [16].into_iter().collect(),
///     immutable: true,
/// };
/// // SAFETY: the box keeps the numbers, which nobody changes.
/// let x = unsafe { every_other.array(numbers, None)? };
/// assert_eq!(x.to_vec::<f64>()?, [1.0, 3.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub struct Foreign {
    /// Address of the first element.
    pub data: *mut u8,
    /// Its elements.
    pub dtype: DType,
    /// Number of elements along each axis.
    pub shape: Dims,
    /// Distance between neighbours along each axis, in bytes.
    pub strides: Strides,
    /// Nobody writes to it, ever; that it cannot be written through this description is no promise.
    pub immutable: bool,
}

/// What an import may do: copy always, only where it has to (`None`), or never.
pub type Copying = Option<bool>;

/// Strides in bytes of C order.
///
/// # Examples
/// ```
/// use tnp_dtype::DType;
/// assert_eq!(tnp_io::foreign::c_order(&[2, 3], DType::Float64)[..], [24, 8]);
/// ```
pub fn c_order(shape: &[usize], dtype: DType) -> Strides {
    let item = dtype.itemsize() as isize;
    let layout = Layout::contiguous(shape);
    layout
        .strides()
        .iter()
        .map(|stride| stride * item)
        .collect()
}

fn no_copy_possible(why: &str) -> Error {
    Error::value(format!(
        "Unable to avoid copy while creating an array as requested: {why}; leave `copy=False` out"
    ))
}

impl Foreign {
    /// The elements' places: the lowest byte from `data`, and one past the highest.
    fn span(&self) -> Result<(isize, isize)> {
        let reach = || {
            let (mut low, mut high) = (0isize, 0isize);
            for (&size, &stride) in self.shape.iter().zip(&self.strides) {
                let reach = isize::try_from(size.saturating_sub(1))
                    .ok()?
                    .checked_mul(stride)?;
                match reach < 0 {
                    true => low = low.checked_add(reach)?,
                    false => high = high.checked_add(reach)?,
                }
            }
            Some((low, high.checked_add(self.dtype.itemsize() as isize)?))
        };
        reach().ok_or_else(|| Error::value("array is too big: its strides overflow"))
    }

    /// Whether the strides are whole elements.
    fn is_regular(&self) -> bool {
        let item = self.dtype.itemsize() as isize;
        let mut steps = self.strides.iter().zip(&self.shape);
        steps.all(|(stride, &size)| size < 2 || stride % item == 0)
    }

    fn is_aligned(&self) -> bool {
        let align = match self.dtype {
            DType::Complex64 | DType::Complex128 => self.dtype.itemsize() / 2,
            _ => self.dtype.itemsize(),
        };
        self.data.addr().is_multiple_of(align)
    }

    /// The layout of the elements in a buffer that begins at the lowest of them, `low` bytes from `data`.
    fn layout(&self, low: isize) -> Layout {
        let item = self.dtype.itemsize() as isize;
        let steps = self.strides.iter().zip(&self.shape);
        let strides: Strides = steps
            .map(|(stride, &size)| if size < 2 { 0 } else { stride / item })
            .collect();
        Layout::from_parts(self.shape.clone(), strides, (-low / item) as usize)
    }

    /// An array over memory of the host, which `owner` keeps alive; a copy, counted, where it is not laid out as an array can be or the
    /// current device cannot use it.
    ///
    /// # Safety
    /// The description is true as long as `owner` lives.
    ///
    /// # Errors
    /// When a copy is needed and forbidden, when memory runs out, for strides that overflow.
    pub unsafe fn array(
        self,
        owner: Box<dyn Any + Send + Sync>,
        copying: Copying,
    ) -> Result<Array> {
        let size = checked_size(&self.shape, self.dtype)?;
        let device = current_device()?;
        if size == 0 {
            return Array::from_bytes(&[], &self.shape, self.dtype);
        }
        let can_be_borrowed = self.is_regular() && self.is_aligned() && device.backend().is_host();
        if copying == Some(true) || !can_be_borrowed {
            if copying == Some(false) {
                return Err(no_copy_possible(
                    "the memory is misaligned, has strides that are no whole elements, or is not on the device",
                ));
            }
            // SAFETY: the caller's.
            let bytes = unsafe { self.gathered(size) };
            count_transfer(bytes.len());
            return Array::from_bytes(&bytes, &self.shape, self.dtype);
        }
        let (low, high) = self.span()?;
        let Some(start) = NonNull::new(self.data.wrapping_offset(low)) else {
            return Err(Error::value("the buffer has elements and no memory"));
        };
        // SAFETY: the caller's; whoever may be written to says so by `lent`, and is copied by what keeps a value.
        let mut memory = unsafe { HostMemory::foreign(start, owner) };
        if !self.immutable && copying != Some(false) {
            memory = memory.lent();
        }
        let array = Array::from_tensor(Tensor {
            layout: self.layout(low),
            buffer: Buffer::host(device, (high - low) as usize, memory),
            dtype: self.dtype,
        });
        if self.dtype == DType::Bool {
            // A byte that is neither 0 nor 1 is no truth value; one look at each is the price of borrowing.
            let bytes = array.to_bytes()?;
            if bytes.iter().any(|&byte| byte > 1) {
                if copying == Some(false) {
                    return Err(no_copy_possible(
                        "a byte is neither 0 nor 1, and no truth value",
                    ));
                }
                let bytes: Vec<u8> = bytes.into_iter().map(|byte| u8::from(byte != 0)).collect();
                count_transfer(bytes.len());
                return Array::from_bytes(&bytes, array.shape(), DType::Bool);
            }
        }
        Ok(array)
    }

    /// An array on the device whose memory this is: one counted copy within it. The memory may be given back when this returns.
    ///
    /// # Safety
    /// The description is true of memory of the device, and what fills it comes before what [`Exchange::stream`] is given.
    ///
    /// [`Exchange::stream`]: tnp_backend::Exchange::stream
    ///
    /// # Errors
    /// When the copy is forbidden, when memory runs out, for strides that overflow or are no whole elements.
    pub unsafe fn adopted(self, device: Device, copying: Copying) -> Result<Array> {
        if copying == Some(false) {
            return Err(no_copy_possible(
                "a device's memory is taken over by one copy within the device",
            ));
        }
        let size = checked_size(&self.shape, self.dtype)?;
        if size == 0 {
            let buffer = device.backend().allocate(device.index(), 0)?;
            let tensor = Tensor::contiguous(buffer, &self.shape, self.dtype);
            return Ok(Array::from_tensor(tensor));
        }
        if !self.is_regular() {
            return Err(Error::value(format!(
                "an array on {device} has strides of {:?} bytes, which are no whole elements of {}; make it contiguous first",
                &self.strides[..],
                self.dtype
            )));
        }
        let (low, high) = self.span()?;
        let bytes = (high - low) as usize;
        let start = self.data.wrapping_offset(low).addr();
        let exchange = device.backend().exchange(device.index())?;
        // SAFETY: the caller's: all elements lie within the span.
        let buffer = unsafe { exchange.adopt(start, bytes)? };
        count_transfer(bytes);
        let dtype = match self.dtype {
            DType::Bool => DType::UInt8,
            dtype => dtype,
        };
        let mut tensor = Tensor {
            layout: self.layout(low),
            buffer,
            dtype,
        };
        if self.dtype == DType::Bool {
            // A byte that is neither 0 nor 1 is no truth value.
            let to_bool = Prim::Cast { dtype: DType::Bool };
            tensor = tnp_backend::run(device, &to_bool, &[Arg::borrowed(&tensor)])?.remove(0);
        }
        if bytes / 2 > size * self.dtype.itemsize() {
            // A few elements far apart need not keep all that lies between them.
            tensor = compact(&tensor)?;
        }
        Ok(Array::from_tensor(tensor))
    }

    /// The elements in C order.
    ///
    /// # Safety
    /// The description is true.
    unsafe fn gathered(&self, size: usize) -> Vec<u8> {
        let item = self.dtype.itemsize();
        let mut bytes = Vec::with_capacity(size * item);
        let mut place: SmallVec<[usize; 4]> = SmallVec::from_elem(0, self.shape.len());
        let mut offset = 0isize;
        for _ in 0..size {
            // SAFETY: `offset` is that of an element.
            bytes.extend_from_slice(unsafe {
                std::slice::from_raw_parts(self.data.offset(offset), item)
            });
            for axis in (0..place.len()).rev() {
                place[axis] += 1;
                offset += self.strides[axis];
                if place[axis] < self.shape[axis] {
                    break;
                }
                offset -= self.strides[axis] * self.shape[axis] as isize;
                place[axis] = 0;
            }
        }
        if self.dtype == DType::Bool {
            bytes
                .iter_mut()
                .for_each(|byte| *byte = u8::from(*byte != 0));
        }
        bytes
    }
}
