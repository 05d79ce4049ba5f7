//! `Error`: what every fallible function of tnp returns.

use std::fmt;
use std::sync::Arc;

/// What sort of thing went wrong; Python maps each to NumPy's exception type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value that does not fit: shapes, sizes, arguments (`ValueError`).
    Value,
    /// A dtype or type that the operation or the promotion mode does not take (`TypeError`).
    Type,
    /// An index out of bounds or of the wrong sort (`IndexError`).
    Index,
    /// An axis that the array does not have (`AxisError`).
    Axis,
    /// A step, a number of parts or a scale of zero (`ZeroDivisionError`).
    ZeroDivision,
    /// A number that the dtype cannot hold (`OverflowError`).
    Overflow,
    /// Memory that could not be had (`MemoryError`).
    Memory,
    /// A device that is absent, lost, or mixed with another (`RuntimeError`).
    Device,
    /// Something the backend or tnp cannot do, with what to use instead (`NotImplementedError`).
    Unsupported,
    /// A matrix that cannot be factorised, or is none (`LinAlgError`).
    LinAlg,
    /// A file or stream (`OSError`).
    Io,
    /// A transformation used outside its scope, or a value read where there is none yet (`RuntimeError`).
    Scope,
}

struct Repr {
    kind: ErrorKind,
    message: String,
    /// How much of the message is a primitive's name, which gives way to that of the function that used it.
    prim: usize,
}

/// An error: its kind and a message that names the operation, the values and the way out.
///
/// One pointer wide and cheap to clone, since a failed operation hands its error to whatever is derived from it.
///
/// # Examples
/// ```
/// use tnp_backend::{Error, ErrorKind};
/// let error = Error::new(ErrorKind::Value, "negative dimensions are not allowed").in_op("zeros");
/// assert_eq!(error.to_string(), "zeros: negative dimensions are not allowed");
/// ```
#[derive(Clone)]
pub struct Error(Arc<Repr>);

/// The result of a fallible tnp function.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of a kind.
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error(Arc::new(Repr {
            kind,
            message: message.into(),
            prim: 0,
        }))
    }

    /// What sort of error this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message as `Display` prints it.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The same error with the operation's name in front, unless some operation's name is there already; that of a
    /// primitive is replaced.
    #[cold]
    pub fn in_op(self, op: &str) -> Error {
        if self.0.prim > 0 {
            return Error::new(
                self.0.kind,
                format!("{op}: {}", &self.0.message[self.0.prim..]),
            );
        }
        if self.is_named() {
            return self;
        }
        Error::new(self.0.kind, format!("{op}: {}", self.0.message))
    }

    /// The same error with a primitive's name in front, until [`Error::in_op`] knows better.
    ///
    /// # Examples
    /// ```
    /// use tnp_backend::Error;
    /// let error = Error::index("index 9 is out of bounds").in_prim("gather");
    /// assert_eq!(error.to_string(), "gather: index 9 is out of bounds");
    /// assert_eq!(error.in_op("take").to_string(), "take: index 9 is out of bounds");
    /// ```
    #[cold]
    pub fn in_prim(self, prim: &str) -> Error {
        if self.is_named() {
            return self;
        }
        Error(Arc::new(Repr {
            kind: self.0.kind,
            message: format!("{prim}: {}", self.0.message),
            prim: prim.len() + 2,
        }))
    }

    /// Whether an operation's name is in front.
    fn is_named(&self) -> bool {
        self.0.message.split_once(": ").is_some_and(|(head, _)| {
            !head.is_empty()
                && head
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
        })
    }
}

macro_rules! constructors {
    ($($(#[doc = $doc:literal])* $name:ident => $kind:ident;)*) => {
        impl Error {
            $($(#[doc = $doc])* #[cold] pub fn $name(message: impl Into<String>) -> Error {
                Error::new(ErrorKind::$kind, message)
            })*
        }
    };
}
constructors! {
    /// A [`ErrorKind::Value`] error.
    value => Value;
    /// A [`ErrorKind::Type`] error.
    dtype => Type;
    /// A [`ErrorKind::Index`] error.
    index => Index;
    /// A [`ErrorKind::Axis`] error.
    axis => Axis;
    /// A [`ErrorKind::Overflow`] error.
    overflow => Overflow;
    /// A [`ErrorKind::ZeroDivision`] error.
    zero_division => ZeroDivision;
    /// A [`ErrorKind::Memory`] error.
    memory => Memory;
    /// A [`ErrorKind::Device`] error.
    device => Device;
    /// A [`ErrorKind::Unsupported`] error.
    unsupported => Unsupported;
    /// A [`ErrorKind::LinAlg`] error.
    linalg => LinAlg;
    /// A [`ErrorKind::Io`] error.
    io => Io;
    /// A [`ErrorKind::Scope`] error.
    scope => Scope;
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}Error: {}", self.0.kind, self.0.message)
    }
}

impl std::error::Error for Error {}

impl From<tnp_dtype::ParseDTypeError> for Error {
    fn from(error: tnp_dtype::ParseDTypeError) -> Error {
        Error::dtype(error.to_string())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        Error::io(error.to_string())
    }
}

impl From<tnp_shape::ShapeError> for Error {
    fn from(error: tnp_shape::ShapeError) -> Error {
        let kind = match error.kind() {
            tnp_shape::ErrorKind::Value => ErrorKind::Value,
            tnp_shape::ErrorKind::Index => ErrorKind::Index,
            tnp_shape::ErrorKind::Axis => ErrorKind::Axis,
        };
        Error::new(kind, error.to_string())
    }
}

impl From<tnp_dtype::PromotionError> for Error {
    fn from(error: tnp_dtype::PromotionError) -> Error {
        Error::dtype(error.to_string())
    }
}

impl From<tnp_dtype::ScalarError> for Error {
    fn from(error: tnp_dtype::ScalarError) -> Error {
        let kind = match error {
            tnp_dtype::ScalarError::OutOfBounds { .. }
            | tnp_dtype::ScalarError::InfinityToInteger { .. } => ErrorKind::Overflow,
            tnp_dtype::ScalarError::NanToInteger { .. } => ErrorKind::Value,
            tnp_dtype::ScalarError::ComplexToReal { .. } => ErrorKind::Type,
        };
        Error::new(kind, error.to_string())
    }
}
