//! What the Array API standard asks of a namespace: kinds of dtypes, conversion as a function, and what there is.

use tnp_backend::{Device, Error, Result};
use tnp_dtype::{DType, Kind, default_complex, default_fill_float, default_int};
use tnp_shape::Dims;

use crate::args::{Axis, Shape};
use crate::device::{ToDevice, current_device};
use crate::{Array, Operand};

/// One of the kinds [`isdtype`] knows: a name of the standard's, or a dtype itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DTypeKind {
    /// `"bool"`, `"signed integer"`, `"unsigned integer"`, `"integral"`, `"real floating"`, `"complex floating"` or `"numeric"`.
    Named(String),
    /// This dtype alone.
    Exactly(DType),
}

impl DTypeKind {
    fn holds(&self, dtype: DType) -> Result<bool> {
        let own = dtype.kind();
        let name = match self {
            DTypeKind::Exactly(other) => return Ok(dtype == *other),
            DTypeKind::Named(name) => name,
        };
        Ok(match name.as_str() {
            "bool" => own == Kind::Bool,
            "signed integer" => own == Kind::Signed,
            "unsigned integer" => own == Kind::Unsigned,
            "integral" => matches!(own, Kind::Signed | Kind::Unsigned),
            "real floating" => own == Kind::Float,
            "complex floating" => own == Kind::Complex,
            "numeric" => own != Kind::Bool,
            _ => {
                return Err(Error::value(format!(
                    "kind argument is a string, but '{name}' is not a known kind name; the kinds are bool, signed integer, \
                     unsigned integer, integral, real floating, complex floating and numeric"
                )));
            }
        })
    }
}

impl From<&str> for DTypeKind {
    fn from(name: &str) -> DTypeKind {
        DTypeKind::Named(name.to_owned())
    }
}

impl From<String> for DTypeKind {
    fn from(name: String) -> DTypeKind {
        DTypeKind::Named(name)
    }
}

impl From<DType> for DTypeKind {
    fn from(dtype: DType) -> DTypeKind {
        DTypeKind::Exactly(dtype)
    }
}

/// Kinds of dtypes: one, or several of which any will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DTypeKinds(pub Vec<DTypeKind>);

impl<T: Into<DTypeKind>> From<T> for DTypeKinds {
    fn from(kind: T) -> DTypeKinds {
        DTypeKinds(vec![kind.into()])
    }
}

impl<T: Into<DTypeKind>, const N: usize> From<[T; N]> for DTypeKinds {
    fn from(kinds: [T; N]) -> DTypeKinds {
        DTypeKinds(kinds.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<DTypeKind>> From<Vec<T>> for DTypeKinds {
    fn from(kinds: Vec<T>) -> DTypeKinds {
        DTypeKinds(kinds.into_iter().map(Into::into).collect())
    }
}

impl<A: Into<DTypeKind>, B: Into<DTypeKind>> From<(A, B)> for DTypeKinds {
    fn from((a, b): (A, B)) -> DTypeKinds {
        DTypeKinds(vec![a.into(), b.into()])
    }
}

/// True when a dtype is of a kind, or of one of several.
///
/// The kinds are `"bool"`, `"signed integer"`, `"unsigned integer"`, `"integral"`, `"real floating"`, `"complex floating"`,
/// `"numeric"` (all but bool), and any dtype, which is a kind of its own. 16-bit floats are real floating.
///
/// # Errors
/// For text that names no kind.
///
/// # Examples
/// ```
/// use tnp_array::{DType, isdtype};
/// assert!(isdtype(DType::Int8, "integral")?);
/// assert!(isdtype(DType::Bool, ["bool", "numeric"])?);
/// assert!(!isdtype(DType::Float32, (DType::Float64, "complex floating"))?);
/// assert_eq!(
///     isdtype(DType::Int8, "whole").unwrap_err().to_string(),
///     "isdtype: kind argument is a string, but 'whole' is not a known kind name; the kinds are bool, signed integer, \
///      unsigned integer, integral, real floating, complex floating and numeric"
/// );
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.isdtype.html>
pub fn isdtype(dtype: DType, kind: impl Into<DTypeKinds>) -> Result<bool> {
    let mut found = false;
    for kind in kind.into().0 {
        found |= kind.holds(dtype).map_err(|error| error.in_op("isdtype"))?;
    }
    Ok(found)
}

/// The elements converted to another dtype: [`Array::astype`] as a function.
///
/// # Errors
/// As [`Array::astype`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{DType, astype};
/// assert_eq!(astype([1.7, -2.3], DType::Int64)?.to_vec::<i64>()?, [1, -2]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.astype.html>
pub fn astype<'a>(x: impl Into<Operand<'a>>, dtype: DType) -> Result<Array> {
    x.into()
        .astype(dtype)
        .and_then(Operand::into_array)
        .map_err(|error| error.in_op("astype"))
}

/// The axes in another order; the same as [`transpose`](crate::transpose).
///
/// # Errors
/// As [`transpose`](crate::transpose).
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{permute_dims, zeros};
/// assert_eq!(permute_dims(zeros([2, 3, 4], ()), [2, 0, 1])?.shape(), [4, 2, 3]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.permute_dims.html>
pub fn permute_dims<'a>(x: impl Into<Operand<'a>>, axes: impl Into<Axis>) -> Result<Array> {
    crate::transpose(x, axes)
}

/// The shape that shapes broadcast to.
///
/// # Errors
/// For a negative size, or shapes that do not broadcast.
///
/// # Examples
/// ```
/// use tnp_array::{Shape, broadcast_shapes};
/// let shapes: [Shape; 3] = [[2, 1].into(), 3.into(), ().into()];
/// assert_eq!(broadcast_shapes(shapes)?, [2, 3]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.broadcast_shapes.html>
pub fn broadcast_shapes<S: Into<Shape>>(shapes: impl IntoIterator<Item = S>) -> Result<Vec<usize>> {
    const OP: &str = "broadcast_shapes";
    let shapes: Result<Vec<Dims>> = shapes
        .into_iter()
        .map(|shape| shape.into().dims())
        .collect();
    let shapes = shapes.map_err(|error| error.in_op(OP))?;
    let shapes: Vec<&[usize]> = shapes.iter().map(|shape| &shape[..]).collect();
    let shape = tnp_shape::broadcast_shapes(&shapes);
    Ok(shape
        .map_err(|error| Error::from(error).in_op(OP))?
        .to_vec())
}

/// What the namespace can do, as the standard's `capabilities()` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Masks may be indices.
    pub boolean_indexing: bool,
    /// Shapes may depend on values, as those of `unique` and `nonzero` do (outside traces and maps).
    pub data_dependent_shapes: bool,
    /// The largest number of axes; `None` for no limit.
    pub max_dimensions: Option<usize>,
}

/// The dtypes that are taken when none is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultDTypes {
    /// Of new arrays of reals.
    pub real_floating: DType,
    /// Of new arrays of complex numbers.
    pub complex_floating: DType,
    /// Of new arrays of integers.
    pub integral: DType,
    /// Of positions.
    pub indexing: DType,
}

/// The standard's inspection API: see [`array_namespace_info`].
#[derive(Clone, Copy, Debug, Default)]
pub struct NamespaceInfo;

/// What there is in this namespace: the standard's `__array_namespace_info__()`.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{DType, array_namespace_info};
/// let info = array_namespace_info();
/// assert!(info.capabilities().boolean_indexing);
/// assert_eq!(info.default_dtypes().real_floating, DType::Float64);
/// assert_eq!(info.default_device()?.to_string(), "cpu:0");
/// let unsigned = info.dtypes("unsigned integer")?;
/// assert_eq!(unsigned, [DType::UInt8, DType::UInt16, DType::UInt32, DType::UInt64]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://data-apis.org/array-api/latest/API_specification/inspection.html>
pub fn array_namespace_info() -> NamespaceInfo {
    NamespaceInfo
}

impl NamespaceInfo {
    /// What the namespace can do.
    pub fn capabilities(&self) -> Capabilities {
        Capabilities {
            boolean_indexing: true,
            data_dependent_shapes: true,
            max_dimensions: None,
        }
    }

    /// The device that new arrays are made on.
    ///
    /// # Errors
    /// When the program has no backend.
    pub fn default_device(&self) -> Result<Device> {
        current_device()
    }

    /// The dtypes taken when none is said, in the promotion mode in force; the same on every device.
    pub fn default_dtypes(&self) -> DefaultDTypes {
        DefaultDTypes {
            real_floating: default_fill_float(),
            complex_floating: default_complex(),
            integral: default_int(),
            indexing: DType::Int64,
        }
    }

    /// The dtypes of the standard that there are, of a kind (`()` for all): without the 16-bit floats, of which it knows
    /// nothing. The same on every device.
    ///
    /// # Errors
    /// For text that names no kind.
    pub fn dtypes(&self, kind: impl Into<MaybeKinds>) -> Result<Vec<DType>> {
        let kinds = kind.into().0;
        let mut dtypes = Vec::new();
        for dtype in DType::ALL {
            let is_standard = !matches!(dtype, DType::Float16 | DType::BFloat16);
            let is_of_kind = match &kinds {
                None => true,
                Some(kinds) => isdtype(dtype, DTypeKinds(kinds.0.clone()))?,
            };
            if is_standard && is_of_kind {
                dtypes.push(dtype);
            }
        }
        Ok(dtypes)
    }

    /// All devices.
    pub fn devices(&self) -> Vec<Device> {
        crate::devices().iter().map(|info| info.device).collect()
    }
}

/// Kinds of dtypes, or `()` for all.
#[derive(Clone, Debug, Default)]
pub struct MaybeKinds(pub Option<DTypeKinds>);

impl From<()> for MaybeKinds {
    fn from((): ()) -> MaybeKinds {
        MaybeKinds(None)
    }
}

impl From<&str> for MaybeKinds {
    fn from(kind: &str) -> MaybeKinds {
        MaybeKinds(Some(kind.into()))
    }
}

impl From<DType> for MaybeKinds {
    fn from(kind: DType) -> MaybeKinds {
        MaybeKinds(Some(kind.into()))
    }
}

impl From<DTypeKinds> for MaybeKinds {
    fn from(kinds: DTypeKinds) -> MaybeKinds {
        MaybeKinds(Some(kinds))
    }
}

impl<T: Into<DTypeKind>, const N: usize> From<[T; N]> for MaybeKinds {
    fn from(kinds: [T; N]) -> MaybeKinds {
        MaybeKinds(Some(kinds.into()))
    }
}

impl Array {
    /// This array on a device; the standard's name for [`Array::to`].
    ///
    /// # Errors
    /// As [`Array::to`].
    pub fn to_device(&self, device: impl ToDevice) -> Result<Array> {
        self.to(device)
    }
}
