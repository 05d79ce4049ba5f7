//! `tnp.GradientTape`.

use std::cell::RefCell;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use tnp::{Array, GradientOptions, GradientTape, Recording, Unconnected};

use crate::array::PyArray;
use crate::call::Give;
use crate::convert;
use crate::error::OrRaise;
use crate::structure::{Numbers, PyTree};

thread_local! {
    /// What this thread's tapes are recording, by the tape.
    static RECORDINGS: RefCell<Vec<(usize, Recording)>> = const { RefCell::new(Vec::new()) };
}

/// Records operations for differentiation: `with tnp.GradientTape() as tape:`, then `tape.gradient(target, sources)`.
/// A tape that is not persistent gives gradients once.
///
/// https://www.tensorflow.org/api_docs/python/tf/GradientTape
#[pyclass(frozen, weakref, module = "tnp", name = "GradientTape")]
pub(crate) struct PyTape {
    tape: GradientTape,
}

impl PyTape {
    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

/// Structures with None in the place of an array that the target does not depend on.
fn with_nones(
    py: Python<'_>,
    sources: &PyTree,
    gradients: Vec<Option<Array>>,
) -> PyResult<Py<PyAny>> {
    let mut leaves = gradients.into_iter().map(|gradient| match gradient {
        Some(gradient) => gradient.give(py),
        None => Ok(py.None()),
    });
    sources.object_of(py, &mut leaves)
}

#[pymethods]
impl PyTape {
    #[new]
    #[pyo3(signature = (persistent=false, watch_accessed_variables=true))]
    fn new(persistent: bool, watch_accessed_variables: bool) -> PyTape {
        let _ = watch_accessed_variables;
        let tape = GradientTape::new();
        PyTape {
            tape: if persistent { tape.persistent() } else { tape },
        }
    }

    fn __enter__(slf: Py<Self>, py: Python<'_>) -> PyResult<Py<Self>> {
        let recording = slf.get().tape.enter().or_raise(py)?;
        let address = slf.get().address();
        RECORDINGS.with_borrow_mut(|recordings| recordings.push((address, recording)));
        Ok(slf)
    }

    #[pyo3(signature = (*exception))]
    fn __exit__(&self, py: Python<'_>, exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        let address = self.address();
        let recording = RECORDINGS.with_borrow_mut(|recordings| {
            let at = recordings.iter().rposition(|(tape, _)| *tape == address)?;
            Some(recordings.remove(at).1)
        });
        let Some(recording) = recording else {
            return Err(PyRuntimeError::new_err(
                "GradientTape: the scope is left on another thread than it was entered on, or twice",
            ));
        };
        let left = recording.leave();
        // An exception on its way out is worth more than the tape's own.
        match exception.is_empty() || exception.get_item(0)?.is_none() {
            true => left.or_raise(py),
            false => Ok(()),
        }
    }

    /// Makes arrays variables of the tape.
    fn watch(&self, py: Python<'_>, tensor: &Bound<'_, PyAny>) -> PyResult<()> {
        self.tape
            .watch(&PyTree::of(tensor, Numbers::Arrays)?)
            .or_raise(py)
    }

    /// The gradient of a target with respect to sources, in the structure of the sources; None where the target does not depend on
    /// a source, zeros with `unconnected_gradients="zero"`.
    #[pyo3(signature = (target, sources, output_gradients=None, unconnected_gradients="none"))]
    fn gradient(
        &self,
        py: Python<'_>,
        target: &Bound<'_, PyAny>,
        sources: &Bound<'_, PyAny>,
        output_gradients: Option<&Bound<'_, PyAny>>,
        unconnected_gradients: &str,
    ) -> PyResult<Py<PyAny>> {
        let mut options = GradientOptions::new();
        if let Some(weights) = output_gradients {
            options = options.output_gradients(&PyTree::of(weights, Numbers::Arrays)?);
        }
        let (target, sources) = (
            PyTree::of(target, Numbers::Arrays)?,
            PyTree::of(sources, Numbers::Arrays)?,
        );
        match unconnected_gradients {
            "none" => {
                let gradients = self
                    .tape
                    .gradient_or_none(&target, &sources, options)
                    .or_raise(py)?;
                with_nones(py, &sources, gradients)
            }
            "zero" => {
                let options = options.unconnected(Unconnected::Zero);
                self.tape
                    .gradient_with(&target, &sources, options)
                    .or_raise(py)?
                    .object(py)
            }
            other => Err(PyValueError::new_err(format!(
                "unconnected_gradients must be 'none' or 'zero', not {other:?}"
            ))),
        }
    }

    /// The jacobian of an array with respect to sources: shape of the target, then shape of the source.
    #[pyo3(signature = (target, sources, *, experimental_use_pfor=true))]
    fn jacobian(
        &self,
        py: Python<'_>,
        target: &Bound<'_, PyAny>,
        sources: &Bound<'_, PyAny>,
        experimental_use_pfor: bool,
    ) -> PyResult<Py<PyAny>> {
        let _ = experimental_use_pfor;
        let (target, sources) = (
            convert::array(target)?,
            PyTree::of(sources, Numbers::Arrays)?,
        );
        self.tape
            .jacobian(&target, &sources)
            .or_raise(py)?
            .object(py)
    }

    /// The jacobian of each row of an array with respect to the same row of a source.
    #[pyo3(signature = (target, source, *, experimental_use_pfor=true))]
    fn batch_jacobian(
        &self,
        py: Python<'_>,
        target: &Bound<'_, PyAny>,
        source: &Bound<'_, PyAny>,
        experimental_use_pfor: bool,
    ) -> PyResult<PyArray> {
        let _ = experimental_use_pfor;
        let (target, source) = (convert::array(target)?, convert::array(source)?);
        self.tape
            .batch_jacobian(&target, &source)
            .or_raise(py)
            .map(PyArray::new)
    }

    /// Forgets what was recorded.
    fn reset(&self) {
        self.tape.reset();
    }

    /// Calls a function without recording what it does on this tape: the body of TensorFlow's `with tape.stop_recording():`.
    fn stop_recording(&self, body: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        self.tape.stop_recording(|| body.call0().map(Bound::unbind))
    }
}
