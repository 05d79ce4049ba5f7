//! What a backend supports: each operation on each dtype, asked of `supports` and `decompose` without running anything.

use tnp_backend::prim::{
    ArgReduceOp, AxisIndex, Binary, CumulativeOp, DotDims, FftKind, Linalg, Prim, ReduceOp,
    ScatterOp, Side, Singular, SliceSpec, Unary, infer,
};
use tnp_backend::{Backend, Graph, TensorType, decompose, input_dtypes, is_core, is_layout};
use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

use crate::check::{Manner, Manners};

/// One operation on all dtypes.
pub struct Line {
    /// NumPy's name of the operation, or the primitive's.
    pub name: String,
    /// The family it belongs to: a variant of [`Prim`].
    pub family: &'static str,
    /// Whether every backend has to have it.
    pub core: bool,
    /// For each dtype that the operation takes, in the order of [`DType::ALL`], how the backend runs it.
    pub cells: Vec<(DType, Manner)>,
}

impl Line {
    /// The primitive as errors name it: the name without its variant in brackets.
    pub fn prim(&self) -> &str {
        self.name.split(" (").next().unwrap_or_default()
    }

    /// The worst of its cells.
    pub fn worst(&self) -> Manner {
        let manners = self.cells.iter().map(|(_, manner)| *manner);
        manners.max().unwrap_or(Manner::Native)
    }

    /// The dtypes that are run in a manner.
    pub fn dtypes(&self, manner: Manner) -> Vec<DType> {
        let of = self.cells.iter().filter(|(_, other)| *other == manner);
        of.map(|(dtype, _)| *dtype).collect()
    }
}

/// Every operation that can reach a backend, on each dtype that it takes.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_testing::check::Manner;
/// use tnp_testing::survey::{cells, survey};
/// let lines = survey(tnp_backend::Device::new("cpu", 0)?.backend());
/// assert_eq!(cells(&lines).native, cells(&lines).total());
/// # Ok::<(), tnp_backend::Error>(())
/// ```
pub fn survey(backend: &dyn Backend) -> Vec<Line> {
    let line = |probe: &Probe| {
        let cells = DType::ALL.into_iter().filter_map(|dtype| {
            let (prims, types) = (probe.make)(dtype)?;
            let manners = prims.iter().map(|prim| manner(backend, prim, &types));
            Some((dtype, manners.max()?))
        });
        Line {
            name: probe.name.clone(),
            family: probe.family,
            core: probe.core,
            cells: cells.collect(),
        }
    };
    probes().iter().map(line).collect()
}

/// An operation on a dtype, small enough to be written down: what the survey asks about.
pub struct Sample {
    /// As [`Line::name`].
    pub name: String,
    /// As [`Line::family`].
    pub family: &'static str,
    /// The dtype.
    pub dtype: DType,
    /// The primitives it comes to: one, but for casts, which go to every dtype.
    pub prims: Vec<Prim>,
    /// What they are run on.
    pub types: Vec<TensorType>,
}

/// What [`survey`] asks about.
///
/// # Examples
/// ```
/// let samples = tnp_testing::survey::samples();
/// assert!(samples.iter().any(|sample| sample.name == "sqrt"));
/// ```
pub fn samples() -> Vec<Sample> {
    let of = |probe: Probe| {
        DType::ALL.into_iter().filter_map(move |dtype| {
            let (prims, types) = (probe.make)(dtype)?;
            Some(Sample {
                name: probe.name.clone(),
                family: probe.family,
                dtype,
                prims,
                types,
            })
        })
    };
    probes().into_iter().flat_map(of).collect()
}

/// Operations on dtypes, by how they are run.
pub fn cells(lines: &[Line]) -> Manners {
    let mut sum = Manners::default();
    for (_, manner) in lines.iter().flat_map(|line| &line.cells) {
        sum.count(*manner);
    }
    sum
}

/// How many families of core primitives have kernels for all functions and dtypes, and how many families there are.
pub fn core_families(lines: &[Line]) -> (usize, usize) {
    let mut families: Vec<(&str, bool)> = Vec::new();
    for line in lines.iter().filter(|line| line.core) {
        let whole = line.worst() == Manner::Native;
        match families.iter_mut().find(|family| family.0 == line.family) {
            Some(family) => family.1 &= whole,
            None => families.push((line.family, whole)),
        }
    }
    (
        families.iter().filter(|family| family.1).count(),
        families.len(),
    )
}

/// How a backend runs a primitive on inputs of these types.
pub fn manner(backend: &dyn Backend, prim: &Prim, types: &[TensorType]) -> Manner {
    let types: Vec<&TensorType> = types.iter().collect();
    of_types(backend, prim, &types)
}

fn of_types(backend: &dyn Backend, prim: &Prim, types: &[&TensorType]) -> Manner {
    let within = |graph: &Graph| {
        let steps = graph.equations().iter().map(|equation| {
            let types: Vec<&TensorType> =
                equation.inputs.iter().map(|&var| graph.ty(var)).collect();
            of_types(backend, &equation.prim, &types)
        });
        steps.max().unwrap_or(Manner::Native)
    };
    // A reshape is a view or a kernel, depending on strides: the worse is asked for.
    if is_layout(prim) && !matches!(prim, Prim::Reshape { .. }) {
        return Manner::Native;
    }
    match prim {
        // The interpreter's own.
        Prim::DeviceCopy { .. } | Prim::Linalg(Linalg::Require(_)) => Manner::Native,
        Prim::Call { graph } => within(graph),
        Prim::Switch { branches } => {
            let worst = branches.iter().map(|graph| within(graph)).max();
            worst.unwrap_or(Manner::Native)
        }
        Prim::While { condition, body } => within(condition).max(within(body)),
        Prim::Scan { body, .. } => within(body),
        prim if backend.supports(prim, &input_dtypes(types)) => Manner::Native,
        prim => match decompose(prim, types) {
            Some(Ok(graph)) => within(&graph).max(Manner::Decomposed),
            Some(Err(_)) | None => Manner::Unsupported,
        },
    }
}

/// Primitives that stand for an operation on a dtype, and their inputs' types.
type Made = Option<(Vec<Prim>, Vec<TensorType>)>;

struct Probe {
    name: String,
    family: &'static str,
    core: bool,
    make: Box<dyn Fn(DType) -> Made>,
}

/// A probe of primitives that take arrays of these shapes in the dtype in question, where inference lets them.
fn probe(
    family: &'static str,
    name: impl Into<String>,
    inputs: impl Fn(DType) -> Vec<TensorType> + 'static,
    make: impl Fn(DType) -> Prim + 'static,
) -> Probe {
    let core = is_core(&make(DType::Float64));
    Probe {
        name: name.into(),
        family,
        core,
        make: Box::new(move |dtype| {
            let (prim, types) = (make(dtype), inputs(dtype));
            infer(&prim, &types.iter().collect::<Vec<_>>()).ok()?;
            Some((vec![prim], types))
        }),
    }
}

fn vector(dtype: DType) -> TensorType {
    TensorType::new(&[4], dtype)
}

fn matrix(dtype: DType) -> TensorType {
    TensorType::new(&[3, 3], dtype)
}

fn start() -> TensorType {
    TensorType::new(&[], DType::Int64)
}

fn dims(shape: &[usize]) -> Dims {
    Dims::from_slice(shape)
}

fn probes() -> Vec<Probe> {
    let mut all = Vec::new();
    for &op in Unary::ALL {
        if !is_layout(&Prim::Unary(op)) {
            let prim = move |_| Prim::Unary(op);
            all.push(probe("Unary", op.name(), |d| vec![vector(d)], prim));
        }
    }
    for &op in Binary::ALL {
        let two = |d| vec![vector(d), vector(d)];
        all.push(probe("Binary", op.name(), two, move |_| Prim::Binary(op)));
    }
    let three = |d| vec![vector(DType::Bool), vector(d), vector(d)];
    all.push(probe("Select", "where", three, |_| Prim::Select));
    all.push(Probe {
        name: "astype".to_owned(),
        family: "Cast",
        core: true,
        make: Box::new(|from| {
            let casts = DType::ALL.into_iter().map(|dtype| Prim::Cast { dtype });
            Some((casts.collect(), vec![vector(from)]))
        }),
    });
    creation(&mut all);
    movement(&mut all);
    combination(&mut all);
    algebra(&mut all);
    all
}

fn creation(all: &mut Vec<Probe>) {
    let nothing = |_| Vec::new();
    all.push(probe("Full", "full", nothing, |d| Prim::Full {
        shape: dims(&[4]),
        value: Literal::zero(d),
    }));
    all.push(probe("Iota", "iota", nothing, |d| Prim::Iota {
        shape: dims(&[4]),
        dtype: d,
        axis: 0,
    }));
    let key = |_| vec![TensorType::new(&[2], DType::UInt32)];
    all.push(probe("RandomBits", "random_bits", key, |d| {
        Prim::RandomBits {
            shape: dims(&[4]),
            dtype: d,
        }
    }));
}

fn movement(all: &mut Vec<Probe>) {
    let one = |d| vec![vector(d)];
    let part = SliceSpec {
        start: 0,
        len: 4,
        step: 1,
    };
    let indexed = move || {
        [AxisIndex::Index, AxisIndex::Slice(part)]
            .into_iter()
            .collect()
    };
    let wide = |d| TensorType::new(&[3, 4], d);
    let index = || TensorType::new(&[2], DType::Int64);
    all.push(probe("Reshape", "reshape", one, |_| Prim::Reshape {
        shape: dims(&[2, 2]),
    }));
    let two = |d| vec![vector(d), vector(d)];
    all.push(probe("Concatenate", "concatenate", two, |_| {
        Prim::Concatenate { axis: 0 }
    }));
    all.push(probe(
        "Pad",
        "pad",
        |d| vec![vector(d), TensorType::new(&[], d)],
        |_| Prim::Pad {
            low: dims(&[1]),
            high: dims(&[2]),
        },
    ));
    all.push(probe(
        "DynamicSlice",
        "dynamic_slice",
        |d| vec![vector(d), start()],
        |_| Prim::DynamicSlice { sizes: dims(&[2]) },
    ));
    all.push(probe(
        "DynamicUpdateSlice",
        "dynamic_update_slice",
        |d| vec![vector(d), TensorType::new(&[2], d), start()],
        |_| Prim::DynamicUpdateSlice,
    ));
    all.push(probe(
        "Gather",
        "gather",
        move |d| vec![wide(d), index()],
        move |_| Prim::Gather {
            axes: indexed(),
            index_axes_at: 0,
        },
    ));
    for op in ScatterOp::ALL {
        all.push(probe(
            "Scatter",
            format!("scatter ({})", format!("{op:?}").to_lowercase()),
            move |d| vec![wide(d), index(), TensorType::new(&[2, 4], d)],
            move |_| Prim::Scatter {
                op,
                axes: indexed(),
                index_axes_at: 0,
            },
        ));
    }
    all.push(probe("NonZero", "nonzero", one, |_| Prim::NonZero {
        size: 2,
    }));
}

fn combination(all: &mut Vec<Probe>) {
    let one = |d| vec![vector(d)];
    for &op in ReduceOp::ALL {
        all.push(probe("Reduce", op.name(), one, move |d| Prim::Reduce {
            op,
            axes: [0].into_iter().collect(),
            dtype: match op {
                ReduceOp::All | ReduceOp::Any => DType::Bool,
                ReduceOp::Sum | ReduceOp::Prod | ReduceOp::Max | ReduceOp::Min => d,
            },
        }));
    }
    for &op in ArgReduceOp::ALL {
        let prim = move |_| Prim::ArgReduce { op, axis: 0 };
        all.push(probe("ArgReduce", op.name(), one, prim));
    }
    for &op in CumulativeOp::ALL {
        all.push(probe("Cumulative", op.name(), one, move |dtype| {
            Prim::Cumulative {
                op,
                axis: 0,
                reverse: false,
                dtype,
            }
        }));
    }
    all.push(probe("Sort", "sort", one, |_| Prim::Sort { axis: 0 }));
    all.push(probe("ArgSort", "argsort", one, |_| Prim::ArgSort {
        axis: 0,
        stable: true,
    }));
    let two = |d| vec![vector(d), vector(d)];
    all.push(probe("SearchSorted", "searchsorted", two, |_| {
        Prim::SearchSorted { side: Side::Left }
    }));
}

fn algebra(all: &mut Vec<Probe>) {
    let two = |d| vec![matrix(d), matrix(d)];
    all.push(probe("DotGeneral", "dot_general", two, |_| {
        Prim::DotGeneral(DotDims {
            lhs_contract: [1].into_iter().collect(),
            rhs_contract: [0].into_iter().collect(),
            ..DotDims::default()
        })
    }));
    let kinds = [
        FftKind::Forward,
        FftKind::Inverse,
        FftKind::Real,
        FftKind::RealInverse { size: 6 },
    ];
    for kind in kinds {
        let prim = move |_| Prim::Fft { kind, axis: 0 };
        all.push(probe("Fft", kind.name(), |d| vec![vector(d)], prim));
    }
    let factorisations = [
        Linalg::Cholesky,
        Linalg::Lu,
        Linalg::Qr { full: false },
        Linalg::Svd {
            vectors: Singular::Values,
        },
        Linalg::Svd {
            vectors: Singular::Thin,
        },
        Linalg::Eigh { vectors: false },
        Linalg::Eigh { vectors: true },
        Linalg::Eig { vectors: false },
        Linalg::Eig { vectors: true },
        Linalg::TriangularSolve {
            lower: true,
            unit: false,
        },
    ];
    for op in factorisations {
        let inputs = move |d| vec![matrix(d); op.inputs()];
        all.push(probe("Linalg", op.name(), inputs, move |_| {
            Prim::Linalg(op)
        }));
    }
}
