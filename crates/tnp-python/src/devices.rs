//! Devices, memory and promotion settings.

use std::cell::RefCell;

use pyo3::exceptions::{PyRuntimeWarning, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use tnp::{Device, DeviceScope, Error, Mode, Precision, Settings, Warning};

use crate::dtype;
use crate::error::OrRaise;

/// The devices there are, as `"cpu:0"`.
#[pyfunction]
fn devices() -> Vec<String> {
    tnp::devices()
        .into_iter()
        .map(|info| info.device.to_string())
        .collect()
}

/// The device that new arrays are made on.
#[pyfunction]
fn current_device(py: Python<'_>) -> PyResult<String> {
    tnp::current_device()
        .map(|device| device.to_string())
        .or_raise(py)
}

/// Makes a device the process's default.
#[pyfunction]
fn set_default_device(py: Python<'_>, device: &str) -> PyResult<()> {
    tnp::set_default_device(device).or_raise(py)
}

/// Sets how many logical devices a backend shows: `cpu:1` beside `cpu:0`, to try placement without a GPU.
#[pyfunction]
fn set_logical_devices(py: Python<'_>, backend: &str, count: usize) -> PyResult<()> {
    tnp::memory::set_logical_devices(backend, count).or_raise(py)
}

thread_local! {
    /// The scopes of this thread that `with` statements have entered, innermost last.
    static SCOPES: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}

enum Entered {
    Device(#[expect(dead_code, reason = "in force while it lives")] DeviceScope),
    Behavior(#[expect(dead_code, reason = "in force while it lives")] tnp_dtype::Scope),
}

fn leave() {
    // Taken out first: leaving changes what is in force, not this list.
    let left = SCOPES.with_borrow_mut(Vec::pop);
    drop(left);
}

/// `with tnp.device("cpu:1"):` operations inside run there, and inputs from elsewhere are copied there.
#[pyclass(frozen, module = "tnp", name = "device")]
struct DeviceContext {
    device: Device,
}

#[pymethods]
impl DeviceContext {
    #[new]
    fn new(py: Python<'_>, device: &str) -> PyResult<DeviceContext> {
        Ok(DeviceContext {
            device: tnp::ToDevice::to_device(device).or_raise(py)?,
        })
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        let scope = Entered::Device(DeviceScope::enter(Some(slf.get().device)));
        SCOPES.with_borrow_mut(|scopes| scopes.push(scope));
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        leave();
    }

    fn __repr__(&self) -> String {
        format!("tnp.device('{}')", self.device)
    }
}

/// `with tnp.numpy_behavior(dtype_conversion_mode="all", prefer_float32=True):` promotion inside follows these settings. With
/// `matmul_precision="tensorfloat32"` GPUs that can may round the factors of float32 products to TensorFloat-32.
#[pyclass(frozen, module = "tnp", name = "numpy_behavior")]
struct Behavior {
    mode: Option<Mode>,
    prefer_float32: Option<bool>,
    precision: Option<Precision>,
}

#[pymethods]
impl Behavior {
    #[new]
    #[pyo3(signature = (dtype_conversion_mode=None, prefer_float32=None, *, matmul_precision=None))]
    fn new(
        dtype_conversion_mode: Option<&str>,
        prefer_float32: Option<bool>,
        matmul_precision: Option<&str>,
    ) -> PyResult<Behavior> {
        Ok(Behavior {
            mode: dtype_conversion_mode.map(mode).transpose()?,
            prefer_float32,
            precision: matmul_precision.map(precision).transpose()?,
        })
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        let mut settings = Settings::capture();
        let this = slf.get();
        settings.mode = this.mode.unwrap_or(settings.mode);
        settings.prefer_float32 = this.prefer_float32.unwrap_or(settings.prefer_float32);
        settings.precision = this.precision.unwrap_or(settings.precision);
        let scope = Entered::Behavior(settings.enter());
        SCOPES.with_borrow_mut(|scopes| scopes.push(scope));
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        leave();
    }
}

/// Copies between devices, from a device's own memory and between libraries so far: their number, and their bytes.
#[pyfunction]
fn transfer_stats(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let (stats, dict) = (tnp::transfer_stats(), PyDict::new(py));
    dict.set_item("copies", stats.copies)?;
    dict.set_item("bytes", stats.bytes)?;
    Ok(dict)
}

/// Starts counting copies again from zero.
#[pyfunction]
fn reset_transfer_stats() {
    tnp::reset_transfer_stats();
}

/// Memory of a device, in bytes: live, peak, kept for reuse.
#[pyfunction]
#[pyo3(signature = (device="cpu:0"))]
fn memory_stats<'py>(py: Python<'py>, device: &str) -> PyResult<Bound<'py, PyDict>> {
    let (stats, dict) = (tnp::memory::stats(device).or_raise(py)?, PyDict::new(py));
    dict.set_item("live", stats.live)?;
    dict.set_item("peak", stats.peak)?;
    Ok(dict)
}

/// Waits until a device, or without a name every device, has done all the work that it was given; errors found there are raised here.
#[pyfunction]
#[pyo3(signature = (device=None))]
fn sync(py: Python<'_>, device: Option<&str>) -> PyResult<()> {
    let wait = || match device {
        Some(device) => tnp::sync(device),
        // All are waited for; the first error is told.
        None => (tnp::devices().into_iter().map(tnp::sync)).fold(Ok(()), Result::and),
    };
    py.detach(wait).or_raise(py)
}

/// Gives memory that is kept for reuse back to the system.
#[pyfunction]
#[pyo3(signature = (device="cpu:0"))]
fn empty_cache(py: Python<'_>, device: &str) -> PyResult<()> {
    tnp::memory::empty_cache(device).or_raise(py)
}

/// Sets or lifts the limit on a device's live memory.
#[pyfunction]
#[pyo3(signature = (bytes, device="cpu:0"))]
fn set_memory_limit(py: Python<'_>, bytes: Option<usize>, device: &str) -> PyResult<()> {
    tnp::memory::set_limit(device, bytes).or_raise(py)
}

fn mode(name: &str) -> PyResult<Mode> {
    match name {
        "numpy" => Ok(Mode::Numpy),
        "legacy" => Ok(Mode::Legacy),
        "off" | "strict" => Ok(Mode::Strict),
        "all" => Ok(Mode::All),
        "safe" => Ok(Mode::Safe),
        other => Err(PyValueError::new_err(format!(
            "dtype_conversion_mode must be one of 'numpy', 'legacy', 'off', 'all' and 'safe', not {other:?}"
        ))),
    }
}

fn precision(name: &str) -> PyResult<Precision> {
    match name {
        "float32" => Ok(Precision::Float32),
        "tensorfloat32" => Ok(Precision::TensorFloat32),
        other => Err(PyValueError::new_err(format!(
            "matmul_precision must be 'float32' or 'tensorfloat32', not {other:?}"
        ))),
    }
}

/// Sets how dtypes are promoted, and whether Python floats prefer float32, for the process: once.
#[pyfunction]
#[pyo3(signature = (dtype_conversion_mode="numpy", prefer_float32=false))]
fn enable_numpy_behavior(
    py: Python<'_>,
    dtype_conversion_mode: &str,
    prefer_float32: bool,
) -> PyResult<()> {
    tnp::experimental_enable_numpy_behavior(mode(dtype_conversion_mode)?, prefer_float32)
        .or_raise(py)
}

/// Limits of a floating dtype.
#[pyfunction]
fn _finfo<'py>(py: Python<'py>, of: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let (limits, dict) = (
        tnp::finfo(dtype::dtype(of)?)
            .map_err(|error| Error::value(error.to_string()))
            .or_raise(py)?,
        PyDict::new(py),
    );
    dict.set_item("dtype", dtype::object(py, limits.dtype)?)?;
    let floats = [
        ("eps", limits.eps),
        ("epsneg", limits.epsneg),
        ("max", limits.max),
        ("min", limits.min),
        ("tiny", limits.tiny),
        ("smallest_normal", limits.smallest_normal),
        ("smallest_subnormal", limits.smallest_subnormal),
        ("resolution", limits.resolution),
    ];
    for (name, value) in floats {
        dict.set_item(name, value)?;
    }
    let integers = [
        ("bits", i64::from(limits.bits)),
        ("precision", i64::from(limits.precision)),
        ("nmant", i64::from(limits.nmant)),
        ("nexp", i64::from(limits.nexp)),
        ("iexp", i64::from(limits.iexp)),
        ("machep", i64::from(limits.machep)),
        ("negep", i64::from(limits.negep)),
        ("minexp", i64::from(limits.minexp)),
        ("maxexp", i64::from(limits.maxexp)),
    ];
    for (name, value) in integers {
        dict.set_item(name, value)?;
    }
    Ok(dict)
}

/// Limits of an integer dtype.
#[pyfunction]
fn _iinfo<'py>(py: Python<'py>, of: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let (limits, dict) = (
        tnp::iinfo(dtype::dtype(of)?)
            .map_err(|error| Error::value(error.to_string()))
            .or_raise(py)?,
        PyDict::new(py),
    );
    dict.set_item("dtype", dtype::object(py, limits.dtype)?)?;
    dict.set_item("bits", limits.bits)?;
    dict.set_item("min", limits.min)?;
    dict.set_item("max", limits.max)?;
    Ok(dict)
}

/// The promotion mode in force.
#[pyfunction]
fn current_behavior() -> String {
    format!("{:?}", tnp::current_mode()).to_lowercase()
}

/// Warnings of the library as Python's.
fn warn(warning: Warning, op: &str) {
    let _ = Python::try_attach(|py| {
        let Ok(words) = std::ffi::CString::new(format!("{op}: {}", warning.message())) else {
            return;
        };
        if let Err(raised) = PyErr::warn(py, py.get_type::<PyRuntimeWarning>().as_any(), &words, 1)
        {
            // A filter that turns warnings into errors cannot stop what has been computed already.
            raised.write_unraisable(py, None);
        }
    });
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    tnp::set_warning_hook(Some(Box::new(warn)));
    module.add_function(wrap_pyfunction!(devices, module)?)?;
    module.add_function(wrap_pyfunction!(current_device, module)?)?;
    module.add_function(wrap_pyfunction!(set_default_device, module)?)?;
    module.add_function(wrap_pyfunction!(set_logical_devices, module)?)?;
    module.add_class::<DeviceContext>()?;
    module.add_class::<Behavior>()?;
    module.add_function(wrap_pyfunction!(transfer_stats, module)?)?;
    module.add_function(wrap_pyfunction!(reset_transfer_stats, module)?)?;
    module.add_function(wrap_pyfunction!(memory_stats, module)?)?;
    module.add_function(wrap_pyfunction!(sync, module)?)?;
    module.add_function(wrap_pyfunction!(empty_cache, module)?)?;
    module.add_function(wrap_pyfunction!(set_memory_limit, module)?)?;
    module.add_function(wrap_pyfunction!(enable_numpy_behavior, module)?)?;
    module.add_function(wrap_pyfunction!(current_behavior, module)?)?;
    module.add_function(wrap_pyfunction!(_finfo, module)?)?;
    module.add_function(wrap_pyfunction!(_iinfo, module)?)?;
    Ok(())
}
