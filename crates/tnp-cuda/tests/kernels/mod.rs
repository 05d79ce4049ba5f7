//! Every kernel that the backend writes, without a device: primitives are rehearsed on each dtype, on arrays small and large,
//! contiguous and not; so are fused regions.

use std::collections::HashSet;

use cubecl::cuda::CudaCompiler;
use cubecl::prelude::{CubeDim, ExecutionMode, KernelMetadata, KernelTask};
use cubecl::{Compiler, CubeTask};
use tnp_backend::prim::{
    ArgReduceOp, AxisIndex, Binary, CumulativeOp, DotDims, Prim, ReduceOp, ScatterOp, Side,
    SliceSpec, Unary, infer,
};
use tnp_backend::{Device, GraphBuilder, Tensor, TensorType, Var};
use tnp_cube::{Kernel, Rehearsal};
use tnp_dtype::{DType, Literal};
use tnp_shape::{Dims, Layout};
use tnp_testing::survey;

/// A kernel, and what it was first written for.
pub(crate) struct Named {
    pub(crate) family: &'static str,
    pub(crate) dtype: DType,
    pub(crate) what: String,
    pub(crate) kernel: Kernel,
}

impl Named {
    /// What NVRTC is given.
    pub(crate) fn source(&self) -> Result<String, String> {
        let mut options = <CudaCompiler as Compiler>::CompilationOptions::default();
        // As `cubecl-cuda` sets them for the GPUs of the last years.
        options.supports_features.fast_math = true;
        options.supports_features.grid_constants = true;
        let task = KernelTask::<CudaCompiler, Kernel>::new(self.kernel.clone());
        let compiled = task.compile(
            &mut CudaCompiler::default(),
            &options,
            ExecutionMode::Unchecked,
            self.kernel.address_type(),
        );
        let compiled = compiled.map_err(|error| format!("{error:?}"))?;
        assert_ne!(compiled.cube_dim, CubeDim::new_1d(0), "{}", self.what);
        Ok(compiled.source)
    }
}

/// Kernels, each once.
struct Collection {
    paper: Rehearsal,
    known: HashSet<cubecl::prelude::KernelId>,
    kernels: Vec<Named>,
}

/// All of them.
pub(crate) fn all() -> Vec<Named> {
    let mut all = Collection::new();
    for sample in survey::samples() {
        for prim in &sample.prims {
            all.prim(sample.family, sample.dtype, prim, &sample.types);
        }
    }
    for dtype in DType::ALL {
        elementwise(&mut all, dtype);
        combined(&mut all, dtype);
        moved(&mut all, dtype);
        fused(&mut all, dtype);
    }
    all.kernels
}

/// The kernels of one fused region of float32: `a * b + c`.
pub(crate) fn product_and_sum() -> Vec<Named> {
    let mut all = Collection::new();
    all.region("a * b + c", DType::Float32, |builder, x| {
        let product = builder.push1(Prim::Binary(Binary::Multiply), &[x, x])?;
        builder.push1(Prim::Binary(Binary::Add), &[product, x])
    });
    all.kernels
}

/// The kernels of a product of matrices of float32.
pub(crate) fn matrix_product() -> Vec<Named> {
    let mut all = Collection::new();
    let matrix = TensorType::new(&[64, 64], DType::Float32);
    all.prim(
        "DotGeneral",
        DType::Float32,
        &product(0),
        &[matrix.clone(), matrix],
    );
    all.kernels
}

impl Collection {
    fn new() -> Collection {
        let device = Device::new("cuda", 0).expect("the backend is linked");
        Collection {
            paper: Rehearsal::new(device, tnp_cuda::TARGET),
            known: HashSet::new(),
            kernels: Vec::new(),
        }
    }

    fn keep(&mut self, family: &'static str, dtype: DType, what: &str, kernels: Vec<Kernel>) {
        for kernel in kernels {
            if self.known.insert(kernel.id()) {
                self.kernels.push(Named {
                    family,
                    dtype,
                    what: what.to_owned(),
                    kernel,
                });
            }
        }
    }

    /// A primitive on contiguous arrays, where there is a kernel for it.
    fn prim(&mut self, family: &'static str, dtype: DType, prim: &Prim, types: &[TensorType]) {
        let inputs: Vec<Tensor> = (types.iter())
            .map(|ty| self.paper.tensor(ty).expect("paper"))
            .collect();
        self.on(family, dtype, prim, &inputs);
    }

    fn on(&mut self, family: &'static str, dtype: DType, prim: &Prim, inputs: &[Tensor]) {
        let dtypes: Vec<DType> = inputs.iter().map(|x| x.dtype).collect();
        let types: Vec<TensorType> = inputs.iter().map(Tensor::ty).collect();
        let types: Vec<&TensorType> = types.iter().collect();
        // Views are the interpreter's, and what is decomposed comes again as its parts.
        if infer(prim, &types).is_err()
            || tnp_backend::is_layout(prim) && !matches!(prim, Prim::Reshape { .. })
            || !self.paper.supports(prim, &dtypes)
        {
            return;
        }
        let what = format!("{} of {types:?}", prim.name());
        match self.paper.run(prim, inputs) {
            Ok(kernels) => self.keep(family, dtype, &what, kernels),
            Err(error) => panic!("{what}: {error}"),
        }
    }

    /// A graph of one input of a dtype, where all its steps take that.
    fn region(
        &mut self,
        what: &str,
        dtype: DType,
        write: impl FnOnce(&mut GraphBuilder, Var) -> tnp_backend::Result<Var>,
    ) {
        let mut builder = GraphBuilder::new();
        let x = builder.input(TensorType::new(&[1000, 30], dtype));
        let Ok(y) = write(&mut builder, x) else {
            return;
        };
        let graph = builder.finish(&[y]);
        let what = format!("region {what} of {dtype}");
        match self.paper.compile(&graph) {
            Ok(kernels) => self.keep("region", dtype, &what, kernels),
            Err(error) => panic!("{what}: {error}"),
        }
    }
}

fn dims(shape: &[usize]) -> Dims {
    Dims::from_slice(shape)
}

fn product(batch: usize) -> Prim {
    Prim::DotGeneral(DotDims {
        lhs_batch: (0..batch).collect(),
        rhs_batch: (0..batch).collect(),
        lhs_contract: [batch + 1].into_iter().collect(),
        rhs_contract: [batch].into_iter().collect(),
    })
}

/// Operands that do not lie as the result does.
fn elementwise(all: &mut Collection, dtype: DType) {
    let ty = TensorType::new(&[7, 5, 3], dtype);
    let plain = all.paper.tensor(&ty).expect("paper");
    let turned = Tensor {
        layout: Layout::from_parts(dims(&[7, 5, 3]), [1, 7, 35].into_iter().collect(), 0),
        ..plain.clone()
    };
    let single = Tensor {
        layout: Layout::from_parts(dims(&[7, 5, 3]), [0, 0, 0].into_iter().collect(), 4),
        ..plain.clone()
    };
    let backwards = Tensor {
        layout: Layout::from_parts(dims(&[7, 5, 3]), [-15, 3, -1].into_iter().collect(), 92),
        ..plain.clone()
    };
    for other in [turned, single, backwards] {
        let add = Prim::Binary(Binary::Add);
        all.on("Binary", dtype, &add, &[plain.clone(), other.clone()]);
        all.on("Cast", dtype, &Prim::Cast { dtype }, &[other]);
    }
}

/// Reductions, scans, sorts and products of all the shapes that have kernels of their own.
fn combined(all: &mut Collection, dtype: DType) {
    let shapes: [(&[usize], &[usize]); 5] = [
        (&[1 << 24], &[0]),
        (&[4, 1 << 12], &[1]),
        (&[1 << 12, 4], &[0]),
        (&[1 << 16, 20], &[1]),
        (&[3, 400, 5, 300], &[1, 3]),
    ];
    for (shape, axes) in shapes {
        let x = [TensorType::new(shape, dtype)];
        for &op in ReduceOp::ALL {
            let to = match op {
                ReduceOp::All | ReduceOp::Any => DType::Bool,
                ReduceOp::Sum | ReduceOp::Prod | ReduceOp::Max | ReduceOp::Min => dtype,
            };
            let axes = axes.iter().copied().collect();
            let prim = Prim::Reduce {
                op,
                axes,
                dtype: to,
            };
            all.prim("Reduce", dtype, &prim, &x);
        }
        let axis = axes[0];
        for &op in ArgReduceOp::ALL {
            all.prim("ArgReduce", dtype, &Prim::ArgReduce { op, axis }, &x);
        }
        for &op in CumulativeOp::ALL {
            for reverse in [false, true] {
                let prim = Prim::Cumulative {
                    op,
                    axis,
                    reverse,
                    dtype,
                };
                all.prim("Cumulative", dtype, &prim, &x);
            }
        }
    }
    for shape in [&[1 << 16][..], &[3, 5000, 2]] {
        let x = [TensorType::new(shape, dtype)];
        let axis = shape.len() / 2;
        all.prim("Sort", dtype, &Prim::Sort { axis }, &x);
        let prim = Prim::ArgSort { axis, stable: true };
        all.prim("ArgSort", dtype, &prim, &x);
        let size = 10;
        all.prim("NonZero", dtype, &Prim::NonZero { size }, &x);
    }
    let line = TensorType::new(&[1000], dtype);
    for side in [Side::Left, Side::Right] {
        let prim = Prim::SearchSorted { side };
        all.prim("SearchSorted", dtype, &prim, &[line.clone(), line.clone()]);
    }
    let batch = TensorType::new(&[3, 40, 40], dtype);
    all.prim("DotGeneral", dtype, &product(1), &[batch.clone(), batch]);
}

fn moved(all: &mut Collection, dtype: DType) {
    let cube = TensorType::new(&[6, 7, 8], dtype);
    let one = TensorType::new(&[], dtype);
    let start = TensorType::new(&[], DType::Int64);
    let pad = Prim::Pad {
        low: dims(&[1, 0, 2]),
        high: dims(&[0, 3, 1]),
    };
    all.prim("Pad", dtype, &pad, &[cube.clone(), one]);
    for axis in 0..3 {
        let parts = vec![cube.clone(); 3];
        all.prim("Concatenate", dtype, &Prim::Concatenate { axis }, &parts);
        let prim = Prim::Iota {
            shape: dims(&[6, 7, 8]),
            dtype,
            axis,
        };
        all.prim("Iota", dtype, &prim, &[]);
    }
    let sizes = dims(&[2, 3, 4]);
    let starts = [start.clone(), start.clone(), start];
    let mut inputs = vec![cube.clone()];
    inputs.extend(starts.clone());
    all.prim(
        "DynamicSlice",
        dtype,
        &Prim::DynamicSlice { sizes },
        &inputs,
    );
    inputs.insert(1, TensorType::new(&[2, 3, 4], dtype));
    all.prim(
        "DynamicUpdateSlice",
        dtype,
        &Prim::DynamicUpdateSlice,
        &inputs,
    );
    let index = TensorType::new(&[9], DType::Int64);
    let every = SliceSpec {
        start: 0,
        len: 7,
        step: 1,
    };
    let axes = || {
        let axes = [AxisIndex::Index, AxisIndex::Slice(every), AxisIndex::Index];
        axes.into_iter().collect()
    };
    let gather = Prim::Gather {
        axes: axes(),
        index_axes_at: 0,
    };
    let inputs = [cube, index.clone(), index];
    all.prim("Gather", dtype, &gather, &inputs);
    for op in ScatterOp::ALL {
        let prim = Prim::Scatter {
            op,
            axes: axes(),
            index_axes_at: 0,
        };
        let mut inputs = inputs.to_vec();
        inputs.push(TensorType::new(&[9, 7], dtype));
        all.prim("Scatter", dtype, &prim, &inputs);
    }
}

/// Chains of elementwise operations, with and without a reduction at the end.
fn fused(all: &mut Collection, dtype: DType) {
    let unary = |op| Prim::Unary(op);
    let binary = |op| Prim::Binary(op);
    let constant = |builder: &mut GraphBuilder, value: f64| {
        let value = Literal::new(value).cast(dtype);
        let prim = Prim::Full {
            shape: dims(&[1000, 30]),
            value,
        };
        builder.push1(prim, &[])
    };
    all.region("sigmoid", dtype, |builder, x| {
        let minus = builder.push1(unary(Unary::Negative), &[x])?;
        let power = builder.push1(unary(Unary::Exp), &[minus])?;
        let one = constant(builder, 1.0)?;
        let sum = builder.push1(binary(Binary::Add), &[power, one])?;
        builder.push1(unary(Unary::Reciprocal), &[sum])
    });
    for axes in [&[0usize][..], &[1], &[0, 1]] {
        all.region("sum of squares", dtype, |builder, x| {
            let square = builder.push1(binary(Binary::Multiply), &[x, x])?;
            let sum = Prim::Reduce {
                op: ReduceOp::Sum,
                axes: axes.iter().copied().collect(),
                dtype,
            };
            builder.push1(sum, &[square])
        });
    }
    all.region("polynomial", dtype, |builder, x| {
        let mut sum = x;
        for term in 1..20 {
            let factor = constant(builder, term as f64)?;
            sum = builder.push1(binary(Binary::Multiply), &[sum, x])?;
            sum = builder.push1(binary(Binary::Add), &[sum, factor])?;
        }
        Ok(sum)
    });
    all.region("mixed dtypes", dtype, |builder, x| {
        let mut sum = builder.push1(
            Prim::Cast {
                dtype: DType::Complex128,
            },
            &[x],
        )?;
        for other in DType::ALL {
            let there = builder.push1(Prim::Cast { dtype: other }, &[x])?;
            let back = Prim::Cast {
                dtype: DType::Complex128,
            };
            let back = builder.push1(back, &[there])?;
            sum = builder.push1(binary(Binary::Add), &[sum, back])?;
        }
        Ok(sum)
    });
}
