//! Layout functions are views: they share the buffer, allocate nothing from the pool, and mean the same inside a transformation.
extern crate tnp_cpu;

use std::sync::Arc;

use tnp_array::*;

type Case = (&'static str, fn(&Array) -> Result<Array>);

/// What must be a view of a contiguous `[4, 6]` array.
const VIEWS: &[Case] = &[
    ("reshape", |x| x.reshape([2, 2, 6])),
    ("ravel", |x| x.ravel(())),
    ("flatten", |x| x.flatten(())),
    ("transpose", |x| x.transpose(())),
    ("t", |x| x.t()),
    ("matrix_transpose", |x| x.mt()),
    ("swapaxes", |x| x.swapaxes(0, 1)),
    ("moveaxis", |x| moveaxis(x, 0, -1)),
    ("rollaxis", |x| rollaxis(x, 1, 0)),
    ("expand_dims", |x| expand_dims(x, [0, 3])),
    ("squeeze", |x| expand_dims(x, 0)?.squeeze(())),
    ("atleast_3d", |x| atleast_3d(x)),
    ("broadcast_to", |x| broadcast_to(x, [3, 4, 6])),
    ("broadcast_arrays", |x| {
        Ok(broadcast_arrays((x, broadcast_to(x, [2, 4, 6])?))?.remove(0))
    }),
    ("meshgrid", |x| {
        Ok(meshgrid((x.ravel(())?, x.ravel(())?), ())?.remove(0))
    }),
    ("flip", |x| flip(x, ())),
    ("fliplr", |x| fliplr(x)),
    ("flipud", |x| flipud(x)),
    ("rot90", |x| rot90(x, 1, ())),
    ("split", |x| Ok(split(x, 2, ())?.remove(1))),
    ("array_split", |x| Ok(array_split(x, 4, 1)?.remove(1))),
    ("hsplit", |x| Ok(hsplit(x, [2, 3])?.remove(1))),
    ("unstack", |x| Ok(unstack(x, 1)?.remove(1))),
    ("iter", |x| {
        x.iter()?.next_back().unwrap_or_else(|| ones(1, ()))
    }),
    ("diagonal", |x| x.diagonal(1)),
    ("diag", |x| diag(x, -1)),
    ("sliding_window_view", |x| {
        sliding_window_view(x, [2, 3], ())
    }),
    ("as_strided", |x| as_strided(x, [3, 4], [7, 2])),
    ("asarray", |x| asarray(x, ())),
    ("ascontiguousarray", |x| ascontiguousarray(x, ())),
    ("roll by nothing", |x| roll(x, 6, 1)),
    ("tile once", |x| tile(x, 1)),
    ("pad by nothing", |x| pad(x, 0, ())),
];

/// Does every primitive below itself, as a tape does.
struct Through(ScopeId);

impl Frame for Through {
    fn scope(&self) -> ScopeId {
        self.0
    }
    fn name(&self) -> &'static str {
        "through"
    }
    fn process(
        &self,
        prim: &tnp_backend::prim::Prim,
        inputs: &mut [Operand<'_>],
    ) -> Result<Results> {
        bind(prim, inputs)
    }
}

fn inside<R>(body: impl FnOnce() -> R) -> R {
    with_frame(Arc::new(Through(ScopeId::fresh())), body)
}

// One test, since the pool's counters are the process's.
/// The pool counts for the whole process: while one test reads the count, no other may allocate.
fn alone() -> std::sync::MutexGuard<'static, ()> {
    static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    ALONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[test]
fn views_share_the_buffer_and_allocate_nothing() {
    let _alone = alone();
    let x = arange((24, DType::Float64))
        .unwrap()
        .reshape([4, 6])
        .unwrap();
    let start = x.tensor().unwrap().host_ptr();
    for (name, view) in VIEWS {
        let before = tnp_cpu::memory_stats();
        let y = view(&x).unwrap_or_else(|error| panic!("{name}: {error}"));
        let after = tnp_cpu::memory_stats();
        assert_eq!(y.tensor().unwrap().host_ptr(), start, "{name} copies");
        assert_eq!(after.allocations, before.allocations, "{name} allocates");
        // The same values where a transformation is in force, also of an array that does not lie in C order.
        let composed = inside(|| view(&x)).unwrap_or_else(|error| panic!("{name} inside: {error}"));
        assert_eq!(
            composed.to_string(),
            y.to_string(),
            "{name} inside a transformation"
        );
        if *name != "as_strided" {
            let turned = ascontiguousarray(x.t().unwrap(), ()).unwrap();
            let turned = turned.t().unwrap();
            let composed = inside(|| view(&turned)).unwrap();
            assert_eq!(
                composed.to_string(),
                y.to_string(),
                "{name} of a transposed array"
            );
        }
    }

    // Watched outside its tape's context an array is refused, also by what makes views directly.
    let scope = ScopeId::fresh();
    watch(&x, scope);
    let refused = x.diagonal(()).unwrap_err().to_string();
    unwatch(scope);
    assert!(
        refused.starts_with("diagonal: an array that a live tape watches"),
        "{refused}"
    );

    // as_strided never leaves the array's own stretch of memory, though the buffer goes on.
    let part = split(&x, 2, ()).unwrap().remove(0);
    assert!(as_strided(&part, 12, 1).is_ok());
    let refused = as_strided(&part, 13, 1).unwrap_err().to_string();
    assert!(refused.starts_with("as_strided: "), "{refused}");
    let backwards = flip(arange(5).unwrap(), ()).unwrap();
    assert_eq!(
        as_strided(&backwards, 3, -2)
            .unwrap()
            .to_vec::<i64>()
            .unwrap(),
        [4, 2, 0]
    );
    assert!(as_strided(&backwards, 2, 1).is_err());
}

#[test]
fn errors_name_the_function_and_the_way_out() {
    let _alone = alone();
    let x = arange(6).unwrap();
    let texts = [
        x.reshape([4, 2]),
        x.reshape(([2, 3], Order::K)),
        stack([&x, &arange(2).unwrap()], ()),
        concatenate((), ()),
        split(&x, 4, ()).map(|mut parts| parts.remove(0)),
        repeat(&x, 1.5, ()),
        pad(&x, 1, "foo"),
        pad(arange(0).unwrap(), 1, "wrap"),
        as_strided(&x, [3, 3], [1, 3]),
        arange((0, 1, 0)),
        arange((DType::Int8, 3)),
        linspace(0, 1, -1),
        broadcast_to(&x, [2, 2]),
        Array::try_from(vec![vec![1, 2], vec![3]]),
    ]
    .map(|result| result.unwrap_err().to_string());
    assert_eq!(
        texts,
        [
            "reshape: cannot reshape array of size 6 into shape (4,2)",
            "reshape: order 'K' is not permitted for reshaping",
            "stack: all input arrays must have the same shape, but one has (6,) and one (2,)",
            "concatenate: need at least one array to concatenate",
            "split: array split does not result in an equal division: 6 elements in 4 parts; use `array_split`",
            "repeat: Cannot cast array data from dtype('float64') to dtype('int64') according to the rule 'safe'; the counts must be integers",
            "pad: mode 'foo' is not supported; the modes are constant, edge, linear_ramp, maximum, mean, median, minimum, reflect, symmetric, wrap and empty",
            "pad: can't extend empty axis 0 using modes other than 'constant' or 'empty'",
            "as_strided: shape (3, 3) with strides [1, 3] from element 0 leaves a buffer of 6 elements",
            "arange: division by zero: the step is 0",
            "arange: the numbers come first, then at most one dtype",
            "linspace: Number of samples, -1, must be non-negative.",
            "broadcast_to: operands could not be broadcast together with remapped shapes [original->remapped]: (6,) and requested shape (2, 2)",
            "array: setting an array element with a sequence. The requested array has an inhomogeneous shape: among 2 parts, one has shape (2,) and one (1,)",
        ]
    );
}
