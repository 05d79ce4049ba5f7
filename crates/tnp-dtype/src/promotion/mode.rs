//! The promotion mode and `prefer_float32`: scoped per thread, with a process default that is set once. The precision of products, which is
//! scoped alone.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU8, Ordering};

/// How operands of different dtypes meet.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Mode {
    /// NumPy 2: its promotion table, and Rust scalars weak as Python's are (NEP 50).
    #[default]
    Numpy,
    /// What TensorFlow's `experimental_enable_numpy_behavior()` does.
    Legacy,
    /// JAX's lattice, with weak dtypes that survive on arrays.
    All,
    /// The part of JAX's lattice that loses neither range nor precision, with TensorFlow's 32-bit defaults.
    Safe,
    /// Different dtypes are an error; a scalar takes the array's dtype if its kind is not above it.
    Strict,
}

impl Mode {
    /// All modes, in the order of the enum.
    pub const ALL: [Mode; 5] = [
        Mode::Numpy,
        Mode::Legacy,
        Mode::All,
        Mode::Safe,
        Mode::Strict,
    ];

    /// The variant's name, as error messages print it.
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Numpy => "Numpy",
            Mode::Legacy => "Legacy",
            Mode::All => "All",
            Mode::Safe => "Safe",
            Mode::Strict => "Strict",
        }
    }

    /// True for the modes in which results can be weak (`All` and `Safe`).
    #[inline]
    pub const fn keeps_weak(self) -> bool {
        matches!(self, Mode::All | Mode::Safe)
    }
}

/// A process default was already set to something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DefaultError {
    /// By `set_default_mode`.
    #[error(
        "set_default_mode: the default is already {0:?} and can be set once per process; use with_mode for a part of the program"
    )]
    Mode(Mode),
    /// By `set_default_prefer_float32`.
    #[error(
        "set_default_prefer_float32: the default is already {0} and can be set once per process; use with_prefer_float32 for a part of the program"
    )]
    PreferFloat32(bool),
}

// Both cells and both defaults hold 0 for "not set", else the value plus one.
static DEFAULT_MODE: AtomicU8 = AtomicU8::new(0);
static DEFAULT_PREFER: AtomicU8 = AtomicU8::new(0);

thread_local! {
    static MODE: Cell<u8> = const { Cell::new(0) };
    static PREFER: Cell<u8> = const { Cell::new(0) };
    static PRECISION: Cell<Precision> = const { Cell::new(Precision::Float32) };
}

/// How exactly devices multiply matrices of float32.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Precision {
    /// In float32.
    #[default]
    Float32,
    /// Factors may be rounded to the 10 bits of TensorFloat-32; sums are float32. NVIDIA's GPUs since Ampere are several times as fast
    /// with it. Devices that do not know it, the CPU among them, multiply in float32.
    TensorFloat32,
}

/// How exactly matrices of float32 are multiplied on this thread.
#[inline]
pub fn current_precision() -> Precision {
    PRECISION.get()
}

/// Runs a closure in which matrices of float32 are multiplied so exactly; what was in force before comes back afterwards, also on panic.
///
/// There is no default to be set for a process: less than float32 is asked for where it is wanted.
///
/// # Examples
/// ```
/// use tnp_dtype::{Precision, current_precision, with_precision};
/// assert_eq!(current_precision(), Precision::Float32);
/// let inside = with_precision(Precision::TensorFloat32, current_precision);
/// assert_eq!(inside, Precision::TensorFloat32);
/// ```
pub fn with_precision<R>(precision: Precision, body: impl FnOnce() -> R) -> R {
    let _scope = Scope::keep();
    PRECISION.set(precision);
    body()
}

/// The scoped value if there is one, else the process default, else 0; never "not set".
#[inline]
fn current(scoped: u8, default: &AtomicU8) -> u8 {
    match scoped {
        0 => default.load(Ordering::Relaxed).saturating_sub(1),
        set => set - 1,
    }
}

/// Sets a default once; gives the value that was there first if it differs.
fn set_once(default: &AtomicU8, value: u8) -> Result<(), u8> {
    match default.compare_exchange(0, value + 1, Ordering::Relaxed, Ordering::Relaxed) {
        Err(first) if first != value + 1 => Err(first - 1),
        _ => Ok(()),
    }
}

/// The promotion mode in force on this thread.
#[inline]
pub fn current_mode() -> Mode {
    Mode::ALL[current(MODE.get(), &DEFAULT_MODE) as usize]
}

/// True when floating scalars and literals become `float32` rather than `float64` on this thread.
#[inline]
pub fn current_prefer_float32() -> bool {
    current(PREFER.get(), &DEFAULT_PREFER) == 1
}

/// Sets the mode that threads start with; once per process (the same value again is fine).
///
/// # Errors
/// When it was set to another mode before.
pub fn set_default_mode(mode: Mode) -> Result<(), DefaultError> {
    set_once(&DEFAULT_MODE, mode as u8)
        .map_err(|first| DefaultError::Mode(Mode::ALL[first as usize]))
}

/// Sets the `prefer_float32` that threads start with; once per process (the same value again is fine).
///
/// # Errors
/// When it was set to the opposite before.
pub fn set_default_prefer_float32(prefer: bool) -> Result<(), DefaultError> {
    set_once(&DEFAULT_PREFER, prefer as u8).map_err(|first| DefaultError::PreferFloat32(first == 1))
}

/// Runs a closure in a mode; the mode before comes back afterwards, also on panic.
///
/// # Examples
/// ```
/// use tnp_dtype::{Mode, current_mode, with_mode};
/// assert_eq!(with_mode(Mode::Strict, current_mode), Mode::Strict);
/// assert_eq!(current_mode(), Mode::Numpy);
/// ```
pub fn with_mode<R>(mode: Mode, body: impl FnOnce() -> R) -> R {
    let _scope = Scope::keep();
    MODE.set(mode as u8 + 1);
    body()
}

/// Runs a closure with `prefer_float32` on or off; the value before comes back afterwards, also on panic.
pub fn with_prefer_float32<R>(prefer: bool, body: impl FnOnce() -> R) -> R {
    let _scope = Scope::keep();
    PREFER.set(prefer as u8 + 1);
    body()
}

/// The settings that decide promotion and precision, as one small value: to carry to another thread, or to key a cache with.
///
/// # Examples
/// ```
/// use tnp_dtype::{Mode, Settings, current_mode, with_mode};
/// let settings = with_mode(Mode::Safe, Settings::capture);
/// let there = std::thread::spawn(move || {
///     let _scope = settings.enter();
///     current_mode()
/// });
/// assert_eq!(there.join().unwrap(), Mode::Safe);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Settings {
    /// The promotion mode.
    pub mode: Mode,
    /// Whether floating scalars and literals become `float32`.
    pub prefer_float32: bool,
    /// How exactly matrices of float32 are multiplied.
    #[cfg_attr(feature = "serde", serde(default))]
    pub precision: Precision,
}

impl Settings {
    /// What is in force on this thread.
    #[inline]
    pub fn capture() -> Settings {
        Settings {
            mode: current_mode(),
            prefer_float32: current_prefer_float32(),
            precision: current_precision(),
        }
    }

    /// Puts these settings in force on this thread until the scope is dropped.
    #[must_use = "the settings are in force only while the scope lives"]
    pub fn enter(self) -> Scope {
        let scope = Scope::keep();
        MODE.set(self.mode as u8 + 1);
        PREFER.set(self.prefer_float32 as u8 + 1);
        PRECISION.set(self.precision);
        scope
    }
}

/// Restores, when dropped, the settings that were in force on this thread when it was made.
///
/// It stays on its thread. Scopes are dropped in the reverse order they were made in.
#[derive(Debug)]
pub struct Scope {
    mode: u8,
    prefer: u8,
    precision: Precision,
    stays_on_thread: PhantomData<*const ()>,
}

impl Scope {
    fn keep() -> Scope {
        Scope {
            mode: MODE.get(),
            prefer: PREFER.get(),
            precision: PRECISION.get(),
            stays_on_thread: PhantomData,
        }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        MODE.set(self.mode);
        PREFER.set(self.prefer);
        PRECISION.set(self.precision);
    }
}
