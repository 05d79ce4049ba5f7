//! Calls: one description a function, from which its Python object, its signature and its documentation come.

use std::cell::Cell;
use std::ffi::CString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyList, PyString, PyTuple};
use smallvec::SmallVec;
use tnp::{Array, Axis, DTypeArg, Operand, Reduce, Shape};

use crate::array::PyArray;
use crate::convert::{self, is_lent, operand};
use crate::dtype;
use crate::error::{OrRaise, exception};
use crate::sizes::{self, integer};

/// From this many elements on, other Python threads run while a function works.
pub(crate) const LONG: usize = 1 << 15;

/// How a parameter may be given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Position,
    Either,
    Keyword,
    /// `*name`.
    Rest,
}

struct Param {
    name: &'static str,
    how: How,
    required: bool,
}

/// A function as Python sees it: `name(parameters)`, its documentation, and what a call does.
pub(crate) struct Def {
    /// The signature as Python writes it.
    pub(crate) signature: &'static str,
    call: fn(&Args<'_, '_>) -> PyResult<Py<PyAny>>,
    params: OnceLock<Vec<Param>>,
}

/// A description with its entry points: as a function, and as a method whose object is the first argument.
pub(crate) struct Entry {
    pub(crate) def: &'static Def,
    pub(crate) function: ffi::PyCFunctionFastWithKeywords,
    pub(crate) method: ffi::PyCFunctionFastWithKeywords,
}

/// Describes functions, a line each: `"name(signature)" |args| body`.
macro_rules! functions {
    ($($signature:expr, $call:expr;)*) => {
        &[$({
            static DEF: $crate::call::Def = $crate::call::Def::new($signature, $call);
            unsafe fn function(
                py: pyo3::Python<'_>,
                _: *mut pyo3::ffi::PyObject,
                args: *const *mut pyo3::ffi::PyObject,
                count: pyo3::ffi::Py_ssize_t,
                names: *mut pyo3::ffi::PyObject,
            ) -> pyo3::PyResult<*mut pyo3::ffi::PyObject> {
                // SAFETY: called by Python with a call's arguments.
                unsafe { $crate::call::enter(py, &DEF, std::ptr::null_mut(), args, count, names) }
            }
            unsafe fn method(
                py: pyo3::Python<'_>,
                this: *mut pyo3::ffi::PyObject,
                args: *const *mut pyo3::ffi::PyObject,
                count: pyo3::ffi::Py_ssize_t,
                names: *mut pyo3::ffi::PyObject,
            ) -> pyo3::PyResult<*mut pyo3::ffi::PyObject> {
                // SAFETY: as above.
                unsafe { $crate::call::enter(py, &DEF, this, args, count, names) }
            }
            // As PyO3 enters its own functions: Python calls them with the interpreter's lock held.
            $crate::call::Entry {
                def: &DEF,
                function: pyo3::impl_::trampoline::get_trampoline_function!(fastcall_cfunction_with_keywords, function),
                method: pyo3::impl_::trampoline::get_trampoline_function!(fastcall_cfunction_with_keywords, method),
            }
        }),*]
    };
}
pub(crate) use functions;

impl Def {
    pub(crate) const fn new(
        signature: &'static str,
        call: fn(&Args<'_, '_>) -> PyResult<Py<PyAny>>,
    ) -> Def {
        Def {
            signature,
            call,
            params: OnceLock::new(),
        }
    }

    /// The function's name.
    pub(crate) fn name(&self) -> &'static str {
        self.signature.split('(').next().unwrap_or_default()
    }

    fn params(&self) -> &[Param] {
        self.params.get_or_init(|| {
            let list = self.signature.split_once('(').map_or("", |(_, list)| list);
            let list = list.strip_suffix(')').unwrap_or(list);
            let mut params: Vec<Param> = Vec::new();
            let mut how = How::Either;
            for part in split(list) {
                match part {
                    "/" => params
                        .iter_mut()
                        .for_each(|param| param.how = How::Position),
                    "*" => how = How::Keyword,
                    rest if rest.starts_with('*') => {
                        params.push(Param {
                            name: &rest[1..],
                            how: How::Rest,
                            required: false,
                        });
                        how = How::Keyword;
                    }
                    _ => {
                        let (name, default) = part
                            .split_once('=')
                            .map_or((part, None), |(name, default)| (name, Some(default)));
                        params.push(Param {
                            name,
                            how,
                            required: default.is_none(),
                        });
                    }
                }
            }
            params
        })
    }

    /// The Python object of the function.
    pub(crate) fn function(
        entry: &'static Entry,
        module: &Bound<'_, PyModule>,
    ) -> PyResult<Py<PyAny>> {
        let py = module.py();
        let method = table_entry(entry, entry.function, "")?;
        let name = PyString::new(py, "tnp");
        // SAFETY: the definition lives as long as the program, and so do its texts.
        unsafe {
            Bound::from_owned_ptr_or_err(
                py,
                ffi::PyCFunction_NewEx(method, std::ptr::null_mut(), name.as_ptr()),
            )
            .map(Bound::unbind)
        }
    }

    /// The descriptor of the function as a method.
    pub(crate) fn method(
        entry: &'static Entry,
        class: &Bound<'_, pyo3::types::PyType>,
    ) -> PyResult<Py<PyAny>> {
        let method = table_entry(entry, entry.method, "$self")?;
        // SAFETY: as above.
        unsafe {
            Bound::from_owned_ptr_or_err(
                class.py(),
                ffi::PyDescr_NewMethod(class.as_type_ptr(), method),
            )
            .map(Bound::unbind)
        }
    }
}

/// The parts between commas that are not inside brackets.
fn split(list: &'static str) -> Vec<&'static str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in list.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(list[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// What Python keeps of a function; made once and never freed, as functions are not.
fn table_entry(
    entry: &'static Entry,
    call: ffi::PyCFunctionFastWithKeywords,
    this: &str,
) -> PyResult<*mut ffi::PyMethodDef> {
    let def = entry.def;
    let text = |text: String| {
        CString::new(text).map_err(|_| PyValueError::new_err("a signature with a zero byte"))
    };
    let mut signature = def.signature.to_owned();
    if !this.is_empty() {
        // The first parameter is the object itself.
        let (name, list) = signature.split_once('(').unwrap_or((&signature, ")"));
        let inner = list.strip_suffix(')').unwrap_or(list);
        let mut parts = split(&def.signature[name.len() + 1..name.len() + 1 + inner.len()]);
        if !parts.is_empty() && !parts[0].starts_with('*') {
            parts.remove(0);
        }
        let mut all = vec![this];
        if !parts.contains(&"/") {
            all.push("/");
        }
        all.extend(parts);
        signature = format!("{name}({})", all.join(", "));
    }
    let signature = signature.replace("=<no value>", "=None");
    let documentation = crate::docs::of(def.name());
    let documentation = text(format!("{signature}\n--\n\n{documentation}"))?;
    let method = ffi::PyMethodDef {
        ml_name: text(def.name().to_owned())?.into_raw(),
        ml_meth: ffi::PyMethodDefPointer {
            PyCFunctionFastWithKeywords: call,
        },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ml_doc: documentation.into_raw(),
    };
    Ok(Box::into_raw(Box::new(method)))
}

/// The arguments of a call.
pub(crate) struct Args<'a, 'py> {
    py: Python<'py>,
    def: &'static Def,
    values: SmallVec<[Option<Borrowed<'a, 'py, PyAny>>; 8]>,
    rest: &'a [*mut ffi::PyObject],
    work: Cell<usize>,
    lent: Cell<bool>,
}

/// A call from Python.
///
/// # Safety
/// The arguments are those that Python gives a function with `METH_FASTCALL | METH_KEYWORDS`.
pub(crate) unsafe fn enter(
    py: Python<'_>,
    def: &'static Def,
    this: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> PyResult<*mut ffi::PyObject> {
    let call = || {
        // SAFETY: the caller's.
        let args = unsafe { Args::new(py, def, this, args, count as usize, names) }?;
        (def.call)(&args).map(Py::into_ptr)
    };
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let words = panic
            .downcast_ref::<&str>()
            .map(|words| (*words).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(PyRuntimeError::new_err(format!(
            "{}: a defect of tnp, please report it: {words}",
            def.name()
        )))
    })
}

impl<'a, 'py> Args<'a, 'py> {
    #[inline(always)]
    unsafe fn new(
        py: Python<'py>,
        def: &'static Def,
        this: *mut ffi::PyObject,
        args: *const *mut ffi::PyObject,
        count: usize,
        names: *mut ffi::PyObject,
    ) -> PyResult<Args<'a, 'py>> {
        let params = def.params();
        let mut values: SmallVec<[Option<Borrowed<'a, 'py, PyAny>>; 8]> = match params.len() {
            few @ ..=8 => SmallVec::from_buf_and_len([None; 8], few),
            many => SmallVec::from_elem(None, many),
        };
        let given: &'a [*mut ffi::PyObject] = match count {
            0 => &[],
            // SAFETY: the caller's: `count` objects that live as long as the call.
            _ => unsafe { std::slice::from_raw_parts(args, count) },
        };
        let mut rest: &'a [*mut ffi::PyObject] = &[];
        let mut next = 0;
        if !this.is_null() {
            // SAFETY: the object of a method lives as long as the call.
            values[0] = Some(unsafe { Borrowed::from_ptr(py, this) });
            next = 1;
        }
        for (at, &object) in given.iter().enumerate() {
            match params.get(next) {
                Some(param) if param.how == How::Rest => {
                    rest = &given[at..];
                    break;
                }
                Some(param) if param.how != How::Keyword => {
                    // SAFETY: as above.
                    values[next] = Some(unsafe { Borrowed::from_ptr(py, object) });
                    next += 1;
                }
                _ => {
                    let most = params
                        .iter()
                        .filter(|param| matches!(param.how, How::Position | How::Either))
                        .count();
                    return Err(PyTypeError::new_err(format!(
                        "{}() takes at most {most} positional arguments, {} were given; its signature is {}",
                        def.name(),
                        given.len() + usize::from(!this.is_null()),
                        def.signature
                    )));
                }
            }
        }
        if !names.is_null() {
            // SAFETY: a tuple of names, whose values follow the positional arguments.
            let (names, keywords) = unsafe {
                let names: Borrowed<'_, 'py, PyAny> = Borrowed::from_ptr(py, names);
                let len = ffi::PyTuple_Size(names.as_ptr()) as usize;
                (names, std::slice::from_raw_parts(args.add(count), len))
            };
            for (name, &object) in names.cast::<PyTuple>()?.iter_borrowed().zip(keywords) {
                let name = name.cast::<PyString>()?.to_owned();
                let name = name.to_str()?;
                // SAFETY: as above. NumPy hands `out=None` on to methods.
                if name == "out" && unsafe { object == ffi::Py_None() } {
                    continue;
                }
                let Some(at) = params.iter().position(|param| {
                    param.name == name && matches!(param.how, How::Either | How::Keyword)
                }) else {
                    return Err(unknown(def, name));
                };
                if values[at].is_some() {
                    return Err(PyTypeError::new_err(format!(
                        "{}() got multiple values for argument '{name}'",
                        def.name()
                    )));
                }
                // SAFETY: as above.
                values[at] = Some(unsafe { Borrowed::from_ptr(py, object) });
            }
        }
        for (value, param) in values.iter().zip(params) {
            if value.is_none() && param.required {
                return Err(PyTypeError::new_err(format!(
                    "{}() missing required argument '{}'; its signature is {}",
                    def.name(),
                    param.name,
                    def.signature
                )));
            }
        }
        Ok(Args {
            py,
            def,
            values,
            rest,
            work: Cell::new(0),
            lent: Cell::new(false),
        })
    }

    /// The interpreter.
    pub(crate) fn py(&self) -> Python<'py> {
        self.py
    }

    /// An argument by its place, as it was given.
    pub(crate) fn given(&self, at: usize) -> Option<&Bound<'py, PyAny>> {
        self.values.get(at)?.as_ref().map(|value| &**value)
    }

    /// The place of a parameter.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.def
            .params()
            .iter()
            .position(|param| param.name == name)
    }

    /// An argument by its name, unless it was left out or is None.
    pub(crate) fn named(&self, name: &str) -> Option<&Bound<'py, PyAny>> {
        // Names are compared only where there is a value: most options are left out.
        let mut given = self.values.iter().zip(self.def.params());
        given.find_map(|(value, param)| {
            let value = &**value.as_ref()?;
            (param.name == name && !value.is_none()).then_some(value)
        })
    }

    /// What `*name` took.
    pub(crate) fn rest(&self) -> impl ExactSizeIterator<Item = Bound<'py, PyAny>> {
        // SAFETY: objects that live as long as the call.
        self.rest
            .iter()
            .map(|&object| unsafe { Bound::from_borrowed_ptr(self.py, object) })
    }

    fn saw(&self, array: &Array) {
        self.work.set(self.work.get().max(array.size()));
        if is_lent(array) {
            self.lent.set(true);
        }
    }

    /// An array argument by its place.
    pub(crate) fn x(&self, at: usize) -> PyResult<Operand<'static>> {
        match self.given(at) {
            Some(object) => self.operand(object).map_err(|raised| self.explain(raised)),
            None => Err(PyTypeError::new_err(format!(
                "{}() missing an argument",
                self.def.name()
            ))),
        }
    }

    /// An argument that is no parameter of its own.
    #[inline]
    pub(crate) fn operand(&self, object: &Bound<'py, PyAny>) -> PyResult<Operand<'static>> {
        let operand = operand(object);
        if let Ok(operand) = &operand
            && let Some(array) = operand.as_array()
        {
            self.saw(array);
        }
        operand
    }

    /// An array of its own, by its place.
    pub(crate) fn array(&self, at: usize) -> PyResult<Array> {
        self.x(at)?.into_array().or_raise(self.py)
    }

    /// An array argument by its name, if it is given.
    pub(crate) fn maybe(&self, name: &str) -> PyResult<Option<Operand<'static>>> {
        self.named(name)
            .map(|object| self.operand(object))
            .transpose()
    }

    /// Puts the function's name before the words of what a conversion raised.
    #[cold]
    fn explain(&self, raised: PyErr) -> PyErr {
        if !raised.is_instance_of::<PyTypeError>(self.py) || raised.traceback(self.py).is_some() {
            return raised;
        }
        PyTypeError::new_err(format!("{}: {}", self.def.name(), raised.value(self.py)))
    }

    /// Several arrays, given as a sequence or as one array that stands for its rows.
    pub(crate) fn arrays(&self, at: usize) -> PyResult<Vec<Operand<'static>>> {
        match self.given(at) {
            Some(object) => self.sequence(object),
            None => Err(PyTypeError::new_err(format!(
                "{}() missing a sequence of arrays",
                self.def.name()
            ))),
        }
    }

    /// Several arrays of a sequence.
    pub(crate) fn sequence(&self, object: &Bound<'py, PyAny>) -> PyResult<Vec<Operand<'static>>> {
        let mut arrays = Vec::with_capacity(object.len().unwrap_or(0));
        sizes::each(object, |item| {
            let array = self.operand(item);
            arrays.push(array.map_err(|raised| self.explain(raised))?);
            Ok(())
        })?;
        Ok(arrays)
    }

    /// The arrays that `*name` took.
    pub(crate) fn all(&self) -> PyResult<Vec<Operand<'static>>> {
        self.rest().map(|object| self.operand(&object)).collect()
    }

    /// A shape by its name: an integer or a sequence of them.
    pub(crate) fn shape(&self, name: &str) -> PyResult<Shape> {
        let shape = self
            .named(name)
            .map(sizes::shape)
            .transpose()?
            .unwrap_or_else(|| Shape::from(()));
        self.work.set(
            self.work.get().max(
                shape
                    .0
                    .iter()
                    .map(|&size| size.max(0) as usize)
                    .fold(1, usize::saturating_mul),
            ),
        );
        Ok(shape)
    }

    /// The option `axis`: all axes by default.
    pub(crate) fn axis(&self, name: &str) -> PyResult<Axis> {
        self.named(name)
            .map(sizes::axis)
            .transpose()
            .map(Option::unwrap_or_default)
    }

    /// The option `dtype`.
    pub(crate) fn dtype(&self) -> PyResult<DTypeArg> {
        Ok(DTypeArg(self.named("dtype").map(dtype::dtype).transpose()?))
    }

    /// An integer option.
    pub(crate) fn int(&self, name: &str, default: isize) -> PyResult<isize> {
        self.named(name)
            .map_or(Ok(default), |object| integer(object, name))
    }

    /// An integer option without a default of its own.
    pub(crate) fn int_or_none(&self, name: &str) -> PyResult<Option<isize>> {
        self.named(name)
            .map(|object| integer(object, name))
            .transpose()
    }

    /// A real option.
    pub(crate) fn float(&self, name: &str, default: f64) -> PyResult<f64> {
        self.named(name)
            .map_or(Ok(default), |object| object.extract())
    }

    /// A switch.
    pub(crate) fn flag(&self, name: &str) -> PyResult<bool> {
        self.named(name)
            .map_or(Ok(false), |object| object.is_truthy())
    }

    /// A switch that is on unless it is turned off.
    pub(crate) fn unless_off(&self, name: &str) -> PyResult<bool> {
        self.named(name)
            .map_or(Ok(true), |object| object.is_truthy())
    }

    /// A text option.
    pub(crate) fn text(&self, name: &str, default: &str) -> PyResult<String> {
        self.named(name)
            .map_or_else(|| Ok(default.to_owned()), |object| object.extract())
    }

    /// A text that must be one of some.
    pub(crate) fn choice<T: Copy>(
        &self,
        name: &str,
        default: T,
        choices: &[(&str, T)],
    ) -> PyResult<T> {
        let Some(object) = self.named(name) else {
            return Ok(default);
        };
        let text: String = object.extract()?;
        match choices.iter().find(|(choice, _)| *choice == text) {
            Some((_, value)) => Ok(*value),
            None => {
                let known: Vec<&str> = choices.iter().map(|(choice, _)| *choice).collect();
                Err(PyValueError::new_err(format!(
                    "{}: {name} must be one of {known:?}, not {text:?}",
                    self.def.name()
                )))
            }
        }
    }

    /// The options of reductions that the signature has.
    pub(crate) fn reduce(&self) -> PyResult<Reduce> {
        let mut options = Reduce::axes(self.axis("axis")?);
        options.keepdims = self.flag("keepdims")?;
        options.dtype = self.dtype()?.0;
        if let Some(mask) = self.named("where")
            && !mask.is(PyBool::new(self.py, true).as_any())
        {
            options.where_ = Some(convert::array(mask)?);
        }
        options.initial = self.maybe("initial")?;
        options.ddof = self.float("correction", self.float("ddof", 0.0)?)?;
        Ok(options)
    }

    /// Does the work: with other threads running meanwhile when it is long, and holds the interpreter when somebody's memory is
    /// read that its owner may write.
    pub(crate) fn run<T: Send>(&self, work: impl FnOnce() -> tnp::Result<T> + Send) -> PyResult<T> {
        self.done(work).map_err(|error| exception(self.py, error))
    }

    #[inline(always)]
    fn done<T: Send>(&self, work: impl FnOnce() -> tnp::Result<T> + Send) -> tnp::Result<T> {
        match self.work.get() >= LONG && !self.lent.get() {
            true => self.py.detach(work),
            false => work(),
        }
    }

    /// A view of the first argument, most often: an array of a few elements is lent to the work, not handed over.
    #[inline]
    pub(crate) fn view(
        &self,
        view: impl FnOnce(Operand<'_>) -> tnp::Result<Array> + Send,
    ) -> PyResult<Py<PyAny>> {
        let py = self.py;
        if let Some(object) = self.given(0)
            && let Ok(array) = object.cast::<PyArray>()
            && !tnp_array::is_active()
            && array.get().with(py, Array::size) < LONG
        {
            // Nothing of Python's runs meanwhile: the lock is held, and such work calls nobody.
            let viewed = array.get().with(py, |array| view(Operand::Borrowed(array)));
            return match viewed {
                Ok(view) => view.give(py),
                Err(error) => Err(exception(py, error)),
            };
        }
        let x = self.x(0)?;
        self.give(|| view(x))
    }

    /// [`Args::run`], and the result as a Python object.
    pub(crate) fn give<T: Send + Give>(
        &self,
        work: impl FnOnce() -> tnp::Result<T> + Send,
    ) -> PyResult<Py<PyAny>> {
        // Not by `run`: a small array would be copied twice more on its way.
        match self.done(work) {
            Ok(value) => value.give(self.py),
            Err(error) => Err(exception(self.py, error)),
        }
    }
}

#[cold]
fn unknown(def: &Def, name: &str) -> PyErr {
    if name == "out" {
        return PyTypeError::new_err(format!(
            "{}() has no argument 'out': arrays are values here and cannot be written into; use what the function returns",
            def.name()
        ));
    }
    let reason = match name {
        "order" | "subok" | "like" => {
            "; arrays are C-ordered values of one class, so it would change nothing"
        }
        _ => "",
    };
    PyTypeError::new_err(format!(
        "{}() got an unexpected keyword argument '{name}'{reason}; its signature is {}",
        def.name(),
        def.signature
    ))
}

/// What functions give, as Python objects: arrays, tuples of them, numbers, texts.
pub(crate) trait Give {
    fn give(self, py: Python<'_>) -> PyResult<Py<PyAny>>;
}

impl Give for Array {
    #[inline]
    fn give(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        PyArray::object(py, self)
    }
}

/// Arrays in a list; a `Vec` is a tuple.
pub(crate) struct InList(pub(crate) Vec<Array>);

impl Give for InList {
    fn give(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let items = self
            .0
            .into_iter()
            .map(|array| array.give(py))
            .collect::<PyResult<Vec<_>>>()?;
        Ok(PyList::new(py, items)?.into_any().unbind())
    }
}

/// Arrays in a named tuple, of a class that `tnp._types` has.
pub(crate) struct InTuple(pub(crate) &'static str, pub(crate) Vec<Array>);

impl Give for InTuple {
    fn give(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let class = py.import("tnp._types")?.getattr(self.0)?;
        let items = self.1.give(py)?;
        Ok(class
            .call1(items.bind(py).cast::<PyTuple>()?.clone())?
            .unbind())
    }
}

impl Give for Vec<Array> {
    fn give(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let items = self
            .into_iter()
            .map(|array| array.give(py))
            .collect::<PyResult<Vec<_>>>()?;
        Ok(PyTuple::new(py, items)?.into_any().unbind())
    }
}

impl<A: Give, B: Give> Give for (A, B) {
    fn give(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(PyTuple::new(py, [self.0.give(py)?, self.1.give(py)?])?
            .into_any()
            .unbind())
    }
}

impl<A: Give, B: Give, C: Give> Give for (A, B, C) {
    fn give(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(
            PyTuple::new(py, [self.0.give(py)?, self.1.give(py)?, self.2.give(py)?])?
                .into_any()
                .unbind(),
        )
    }
}

impl<A: Give, B: Give, C: Give, D: Give> Give for (A, B, C, D) {
    fn give(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let items = [
            self.0.give(py)?,
            self.1.give(py)?,
            self.2.give(py)?,
            self.3.give(py)?,
        ];
        Ok(PyTuple::new(py, items)?.into_any().unbind())
    }
}

impl<T: Give> Give for Option<T> {
    fn give(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.map_or_else(|| Ok(py.None()), |value| value.give(py))
    }
}

macro_rules! plain {
    ($($t:ty),*) => {$(
        impl Give for $t {
            fn give(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
                self.into_py_any(py)
            }
        }
    )*};
}
use pyo3::IntoPyObjectExt;
plain!(bool, usize, isize, i64, f64, String, &'static str, ());

impl Give for tnp::DType {
    fn give(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        dtype::object(py, self)
    }
}
