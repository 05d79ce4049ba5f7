//! Print options: what is in force on this thread, and the overrides a call may bring.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use tnp_dtype::Literal;

/// How the sign of a number that is not negative is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sign {
    /// `'-'`: not at all.
    #[default]
    Minus,
    /// `'+'`: as a plus.
    Plus,
    /// `' '`: as a blank.
    Space,
}

/// What `precision` means for floats.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum FloatMode {
    /// Exactly `precision` digits after the point.
    Fixed,
    /// The fewest digits that identify each number; `precision` is ignored.
    Unique,
    /// At most `precision` digits, fewer where they identify the number.
    #[default]
    MaxPrec,
    /// As `MaxPrec`, but all elements get as many digits as the one that needs most.
    MaxPrecEqual,
}

/// Writes elements in place of NumPy's own formatting; `None` leaves an element's dtype to it.
pub type Formatter = Arc<dyn Fn(&Literal) -> Option<String> + Send + Sync>;

/// The options that govern how arrays are printed, all of them settled.
///
/// [`get_printoptions`] reads those in force; [`Print`] changes some.
#[derive(Clone)]
pub struct PrintOptions {
    /// Digits after the point, read as `floatmode` says: 8.
    pub precision: usize,
    /// Arrays with more elements than this are summarised: 1000.
    pub threshold: usize,
    /// Elements shown at both ends of each axis of a summary: 3.
    pub edgeitems: usize,
    /// Characters per line: 75.
    pub linewidth: usize,
    /// Never change to scientific notation because numbers are small or far apart: false.
    pub suppress: bool,
    /// How NaN is written: `nan`.
    pub nanstr: String,
    /// How infinity is written: `inf`.
    pub infstr: String,
    /// The sign of numbers that are not negative.
    pub sign: Sign,
    /// What `precision` means.
    pub floatmode: FloatMode,
    /// Writes the elements it wants to.
    pub formatter: Option<Formatter>,
}

impl Default for PrintOptions {
    fn default() -> PrintOptions {
        PrintOptions {
            precision: 8,
            threshold: 1000,
            edgeitems: 3,
            linewidth: 75,
            suppress: false,
            nanstr: "nan".to_owned(),
            infstr: "inf".to_owned(),
            sign: Sign::Minus,
            floatmode: FloatMode::MaxPrec,
            formatter: None,
        }
    }
}

impl fmt::Debug for PrintOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrintOptions")
            .field("precision", &self.precision)
            .field("threshold", &self.threshold)
            .field("edgeitems", &self.edgeitems)
            .field("linewidth", &self.linewidth)
            .field("suppress", &self.suppress)
            .field("nanstr", &self.nanstr)
            .field("infstr", &self.infstr)
            .field("sign", &self.sign)
            .field("floatmode", &self.floatmode)
            .field("formatter", &self.formatter.as_ref().map(|_| ".."))
            .finish()
    }
}

/// Changes to the print options: NumPy's keywords as methods; what is not named stays as it is.
///
/// Given to [`set_printoptions`] and [`with_printoptions`], or to one call of `array2string`, `array_repr` or
/// `array_str`. `separator`, `prefix` and `suffix` only mean something to `array2string`.
///
/// # Examples
/// ```
/// use tnp_array::{Print, get_printoptions, with_printoptions};
/// let inside = with_printoptions(Print::new().precision(3).suppress(true), || get_printoptions().precision);
/// assert_eq!((inside, get_printoptions().precision), (3, 8));
/// ```
#[derive(Clone, Default)]
pub struct Print {
    precision: Option<usize>,
    threshold: Option<usize>,
    edgeitems: Option<usize>,
    linewidth: Option<usize>,
    suppress: Option<bool>,
    nanstr: Option<String>,
    infstr: Option<String>,
    sign: Option<Sign>,
    floatmode: Option<FloatMode>,
    formatter: Option<Option<Formatter>>,
    hides_device: bool,
    pub(super) separator: Option<String>,
    pub(super) prefix: String,
    pub(super) suffix: String,
}

impl Print {
    /// No change.
    pub fn new() -> Print {
        Print::default()
    }

    /// Digits after the point, read as the float mode says.
    pub fn precision(mut self, digits: usize) -> Print {
        self.precision = Some(digits);
        self
    }

    /// Number of elements past which an array is summarised; `usize::MAX` for never.
    pub fn threshold(mut self, elements: usize) -> Print {
        self.threshold = Some(elements);
        self
    }

    /// Elements shown at both ends of each axis of a summary.
    pub fn edgeitems(mut self, items: usize) -> Print {
        self.edgeitems = Some(items);
        self
    }

    /// Characters per line (`max_line_width` of NumPy's functions).
    pub fn linewidth(mut self, characters: usize) -> Print {
        self.linewidth = Some(characters);
        self
    }

    /// Whether small numbers are kept out of scientific notation (`suppress_small` of NumPy's functions).
    pub fn suppress(mut self, suppress: bool) -> Print {
        self.suppress = Some(suppress);
        self
    }

    /// How NaN is written.
    pub fn nanstr(mut self, text: impl Into<String>) -> Print {
        self.nanstr = Some(text.into());
        self
    }

    /// How infinity is written.
    pub fn infstr(mut self, text: impl Into<String>) -> Print {
        self.infstr = Some(text.into());
        self
    }

    /// How the sign of numbers that are not negative is shown.
    pub fn sign(mut self, sign: Sign) -> Print {
        self.sign = Some(sign);
        self
    }

    /// What `precision` means.
    pub fn floatmode(mut self, mode: FloatMode) -> Print {
        self.floatmode = Some(mode);
        self
    }

    /// A function that writes the elements it returns text for; the others are written as usual.
    pub fn formatter(
        mut self,
        formatter: impl Fn(&Literal) -> Option<String> + Send + Sync + 'static,
    ) -> Print {
        self.formatter = Some(Some(Arc::new(formatter)));
        self
    }

    /// Whether `array_repr` names the device of an array that is not in the host's memory; on unless turned off, as NumPy's text is wanted.
    pub fn device(mut self, named: bool) -> Print {
        self.hides_device = !named;
        self
    }

    pub(super) fn shows_device(&self) -> bool {
        !self.hides_device
    }

    /// How many elements at each end of an axis are all that is shown of an array of a size; `None` for all of them.
    pub(crate) fn edge(&self, size: usize) -> Option<usize> {
        let options = self.settle();
        // With no edge items NumPy measures every element.
        let summarised = size > options.threshold && options.edgeitems > 0;
        summarised.then_some(options.edgeitems)
    }

    /// What stands between elements: a blank unless given.
    pub fn separator(mut self, text: impl Into<String>) -> Print {
        self.separator = Some(text.into());
        self
    }

    /// Text that will stand before the result: later lines are indented by its length.
    pub fn prefix(mut self, text: impl Into<String>) -> Print {
        self.prefix = text.into();
        self
    }

    /// Text that will stand after the result: lines are shorter by its length.
    pub fn suffix(mut self, text: impl Into<String>) -> Print {
        self.suffix = text.into();
        self
    }

    /// The options of this thread with these changes.
    pub(super) fn settle(&self) -> PrintOptions {
        let mut options = get_printoptions();
        self.apply(&mut options);
        options
    }

    fn apply(&self, options: &mut PrintOptions) {
        fn put<T: Clone>(to: &mut T, from: &Option<T>) {
            if let Some(value) = from {
                *to = value.clone();
            }
        }
        put(&mut options.precision, &self.precision);
        put(&mut options.threshold, &self.threshold);
        put(&mut options.edgeitems, &self.edgeitems);
        put(&mut options.linewidth, &self.linewidth);
        put(&mut options.suppress, &self.suppress);
        put(&mut options.nanstr, &self.nanstr);
        put(&mut options.infstr, &self.infstr);
        put(&mut options.sign, &self.sign);
        put(&mut options.floatmode, &self.floatmode);
        put(&mut options.formatter, &self.formatter);
    }
}

impl From<()> for Print {
    fn from(_: ()) -> Print {
        Print::default()
    }
}

impl From<PrintOptions> for Print {
    fn from(options: PrintOptions) -> Print {
        Print {
            precision: Some(options.precision),
            threshold: Some(options.threshold),
            edgeitems: Some(options.edgeitems),
            linewidth: Some(options.linewidth),
            suppress: Some(options.suppress),
            nanstr: Some(options.nanstr),
            infstr: Some(options.infstr),
            sign: Some(options.sign),
            floatmode: Some(options.floatmode),
            formatter: Some(options.formatter),
            ..Print::default()
        }
    }
}

thread_local! {
    static OPTIONS: RefCell<PrintOptions> = RefCell::new(PrintOptions::default());
}

/// The print options in force on this thread.
pub fn get_printoptions() -> PrintOptions {
    OPTIONS.with_borrow(PrintOptions::clone)
}

/// Changes the print options of this thread; other threads keep theirs.
///
/// `set_printoptions(PrintOptions::default())` goes back to NumPy's defaults.
pub fn set_printoptions(changes: impl Into<Print>) {
    let changes = changes.into();
    OPTIONS.with_borrow_mut(|options| changes.apply(options));
}

/// Runs a function with changed print options on this thread, then restores them, also when it panics.
///
/// # Examples
/// ```
/// use tnp_array::{Print, get_printoptions, with_printoptions};
/// let width = with_printoptions(Print::new().linewidth(40), || get_printoptions().linewidth);
/// assert_eq!(width, 40);
/// ```
pub fn with_printoptions<R>(changes: impl Into<Print>, run: impl FnOnce() -> R) -> R {
    struct Restore(Option<PrintOptions>);
    impl Drop for Restore {
        fn drop(&mut self) {
            if let Some(options) = self.0.take() {
                OPTIONS.set(options);
            }
        }
    }
    let _restore = Restore(Some(get_printoptions()));
    set_printoptions(changes);
    run()
}
