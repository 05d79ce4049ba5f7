//! The Array type and the NumPy surface of the tnp array library.
//!
//! Users reach this through the facade crate `tnp`. `bind` is the waist: every function here ends in it.

mod args;
mod array;
mod bind;
mod bits;
pub mod constants;
mod context;
mod convert;
mod covariance;
mod create;
mod cumulate;
mod device;
mod display;
mod einsum;
mod elementwise;
pub mod fft;
mod histogram;
mod index;
pub mod linalg;
#[doc(hidden)]
pub mod literal;
mod manipulate;
mod namespace;
mod nan;
mod numbers;
mod numeric;
mod operand;
mod operands;
mod operators;
mod print;
mod products;
mod promote;
mod quantile;
pub mod random;
mod reduce;
#[cfg(feature = "serde")]
mod serialize;
mod sets;
mod signal;
mod sort;
mod statistics;
mod tree;
mod views;

pub use args::{Axis, DTypeArg, Flag, Maybe, Reduce, Shape};
pub use array::Array;
pub use bind::{Results, bind, bind1};
pub use bits::*;
pub use context::{
    Boxed, Context, Entered, Frame, Pushed, ScopeId, is_active, is_current, push_frame,
    set_thread_local_tapes, unwatch, watch, watch_id, with_frame,
};
pub use convert::{List, Rows};
pub use covariance::*;
pub use create::*;
pub use cumulate::{Cumulate, cumulative_prod, cumulative_sum};
pub use device::{
    DeviceScope, ToDevice, copy, current_device, default_device, devices, physical_devices,
    scoped_device, set_default_device, sync, with_device,
};
pub use display::{array_repr, array_str, array2string};
pub use einsum::einsum;
pub use elementwise::*;
pub use histogram::*;
pub use index::*;
pub use manipulate::*;
pub use namespace::*;
pub use nan::*;
pub use numbers::{Nested, Number, Numbers};
pub use numeric::*;
pub use operand::Operand;
pub use operands::{Operands, TypeArg, TypeArgs, result_type};
pub use print::{
    FloatFormat, FloatMode, Formatter, Print, PrintOptions, Sign, Trim, format_float_positional,
    format_float_scientific, get_printoptions, scalar_repr, scalar_str, set_printoptions,
    with_printoptions,
};
pub use products::*;
pub use quantile::*;
pub use reduce::*;
pub use sets::*;
pub use signal::*;
pub use sort::*;
pub use statistics::*;
pub use tnp_backend::{
    Device, DeviceInfo, Error, ErrorKind, MemoryStats, Result, TransferStats, Warning,
    reset_transfer_stats, set_warning_hook, transfer_stats,
};
pub use tnp_dtype::{
    Casting, DType, Element, FloatInfo, IntInfo, Kind, Literal, Mode, Precision, Scalar,
    ScalarKind, Settings, TypeInfo, bf16, c64, c128, can_cast, current_mode, current_precision,
    f16, finfo, iinfo, issubdtype, promote_types, set_default_mode, set_default_prefer_float32,
    with_mode, with_precision, with_prefer_float32,
};
pub use tnp_shape::{Ellipsis, Index, IntoIndex, NewAxis, newaxis, s};
pub use tree::{IntoResult, Structure, Tree};

/// Makes a promotion mode, and whether scalars prefer float32, the process's default: set once.
///
/// # Errors
/// When another default was set before; `with_mode` and `with_prefer_float32` are the scoped forms.
///
/// # Examples
/// ```
/// # use tnp_array as tnp;
/// tnp::experimental_enable_numpy_behavior(tnp::Mode::Numpy, false).unwrap();
/// ```
pub fn experimental_enable_numpy_behavior(mode: Mode, prefer_float32: bool) -> Result<()> {
    set_default_mode(mode).map_err(|error| Error::value(error.to_string()))?;
    set_default_prefer_float32(prefer_float32).map_err(|error| Error::value(error.to_string()))
}
