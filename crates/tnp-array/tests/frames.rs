//! Other frames fit the waist: a recorder that keeps arrays concrete (as a tape does) and a tracer that boxes them (as `function` does).

extern crate tnp_cpu;

use std::sync::{Arc, Mutex};

use tnp_array::*;
use tnp_backend::prim::Prim;
use tnp_backend::{GraphBuilder, TensorType, Var, interpret};

/// A primitive's name and the ids of its inputs and outputs.
type Step = (&'static str, Vec<u64>, Vec<u64>);

/// Notes each primitive with the ids of its inputs and outputs, and lets the parent do the work.
#[derive(Default)]
struct Recorder {
    steps: Mutex<Vec<Step>>,
    scope: Option<ScopeId>,
}

impl Frame for Recorder {
    fn scope(&self) -> ScopeId {
        self.scope.expect("made by `recorder`")
    }
    fn name(&self) -> &'static str {
        "recorder"
    }
    fn process(&self, prim: &Prim, inputs: &mut [Operand<'_>]) -> Result<Results> {
        let ids = inputs
            .iter()
            .filter_map(|x| x.as_array())
            .map(Array::id)
            .collect();
        let outputs = bind(prim, inputs)?;
        let made = outputs.iter().map(Array::id).collect();
        self.steps.lock().unwrap().push((prim.name(), ids, made));
        Ok(outputs)
    }
}

fn recorder() -> Arc<Recorder> {
    Arc::new(Recorder {
        scope: Some(ScopeId::fresh()),
        ..Recorder::default()
    })
}

/// Boxes arrays as variables of a graph.
struct Tracer {
    scope: ScopeId,
    builder: Mutex<GraphBuilder>,
    constants: Mutex<Vec<(Var, Array)>>,
}

impl Tracer {
    fn boxed(&self, var: Var, ty: TensorType) -> Array {
        Array::from_boxed(Boxed {
            scope: self.scope,
            ty,
            payload: Arc::new(var),
        })
    }
    fn var(&self, x: &Array) -> Var {
        if let Some(boxed) = x.boxed().filter(|boxed| boxed.scope == self.scope) {
            return *boxed.payload.downcast_ref::<Var>().unwrap();
        }
        let var = self.builder.lock().unwrap().input(x.ty());
        self.constants.lock().unwrap().push((var, x.clone()));
        var
    }
}

impl Frame for Tracer {
    fn scope(&self) -> ScopeId {
        self.scope
    }
    fn name(&self) -> &'static str {
        "tracer"
    }
    fn process(&self, prim: &Prim, inputs: &mut [Operand<'_>]) -> Result<Results> {
        let vars: Vec<Var> = inputs
            .iter()
            .filter_map(|x| x.as_array())
            .map(|x| self.var(x))
            .collect();
        let mut builder = self.builder.lock().unwrap();
        let outputs = builder.push(prim.clone(), &vars)?;
        Ok(outputs
            .iter()
            .map(|&var| self.boxed(var, builder.ty(var).clone()))
            .collect())
    }
}

fn model(x: &Array, w: &Array) -> Result<Array> {
    let y = 1.0 / (1.0 + (-(x * w)).exp()?);
    y.sum(0)
}

fn inputs() -> (Array, Array) {
    let x = Array::from_vec((0..6).map(|i| i as f32 / 3.0).collect(), &[2, 3]).unwrap();
    let w = Array::from_vec(vec![0.5f32, -1.0, 2.0], &[3]).unwrap();
    (x, w)
}

#[test]
fn a_recorder_sees_every_primitive_and_changes_nothing() {
    let (x, w) = inputs();
    let plain = model(&x, &w).unwrap();
    let tape = recorder();
    let recorded = with_frame(tape.clone(), || model(&x, &w)).unwrap();
    assert_eq!(
        plain.to_vec::<f32>().unwrap(),
        recorded.to_vec::<f32>().unwrap()
    );
    let steps = tape.steps.lock().unwrap();
    let names: Vec<&str> = steps.iter().map(|step| step.0).collect();
    assert_eq!(
        names,
        [
            "broadcast_in_dim",
            "multiply",
            "negative",
            "exp",
            // A number is a step of the program, and its repetition.
            "full",
            "broadcast_in_dim",
            "add",
            "full",
            "broadcast_in_dim",
            "divide",
            "sum"
        ]
    );
    assert!(steps[1].1.contains(&x.id()), "inputs are known by id");
    assert_eq!(steps.last().unwrap().2, [recorded.id()]);
    let of_numbers = |step: &&Step| step.0 == "full" || step.0 == "broadcast_in_dim";
    let chain: Vec<&Step> = steps.iter().filter(|step| !of_numbers(step)).collect();
    for pair in chain.windows(2) {
        assert!(
            pair[1].1.contains(&pair[0].2[0]),
            "each step takes what the one before gave"
        );
    }
}

#[test]
fn frames_nest_innermost_first() {
    let (x, w) = inputs();
    let (outer, inner) = (recorder(), recorder());
    with_frame(outer.clone(), || {
        with_frame(inner.clone(), || model(&x, &w))
    })
    .unwrap();
    let names = |tape: &Recorder| {
        tape.steps
            .lock()
            .unwrap()
            .iter()
            .map(|step| step.0)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&outer), names(&inner));
    assert_eq!(Context::capture().depth(), 0);
}

#[test]
fn a_tracer_builds_a_graph_that_gives_the_same() {
    let (x, w) = inputs();
    let tracer = Arc::new(Tracer {
        scope: ScopeId::fresh(),
        builder: Mutex::new(GraphBuilder::new()),
        constants: Mutex::default(),
    });
    let input = tracer.builder.lock().unwrap().input(x.ty());
    let boxed = tracer.boxed(input, x.ty());
    let output = with_frame(tracer.clone(), || model(&boxed, &w)).unwrap();
    assert_eq!((output.shape(), output.dtype()), (&[3][..], DType::Float32));
    assert!(
        output
            .to_vec::<f32>()
            .unwrap_err()
            .to_string()
            .contains("traced or mapped"),
        "there is no value to read"
    );
    let graph = tracer
        .builder
        .lock()
        .unwrap()
        .clone()
        .finish(&[tracer.var(&output)]);
    let mut arguments = vec![x.tensor().unwrap().clone()];
    arguments.extend(
        tracer
            .constants
            .lock()
            .unwrap()
            .iter()
            .map(|(_, c)| c.tensor().unwrap().clone()),
    );
    // Constants were met in the middle: the graph's inputs are in the order they were met, the argument first.
    let result = interpret(x.device().unwrap(), &graph, arguments).unwrap();
    let result = Array::from_tensor(result[0].clone())
        .to_vec::<f32>()
        .unwrap();
    assert_eq!(result, model(&x, &w).unwrap().to_vec::<f32>().unwrap());
    assert!(graph.to_string().contains("= exp "), "{graph}");
}

#[test]
fn a_box_that_escapes_is_an_error() {
    let tracer = Arc::new(Tracer {
        scope: ScopeId::fresh(),
        builder: Mutex::new(GraphBuilder::new()),
        constants: Mutex::default(),
    });
    let var = tracer
        .builder
        .lock()
        .unwrap()
        .input(TensorType::new(&[2], DType::Float64));
    let escaped = tracer.boxed(var, TensorType::new(&[2], DType::Float64));
    let error = add(&escaped, 1.0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Scope);
    assert!(
        error
            .to_string()
            .contains("finished or foreign transformation"),
        "{error}"
    );
    let error = with_frame(recorder(), || add(&escaped, 1.0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Scope);
}

#[test]
fn a_watched_array_outside_its_tape_is_an_error() {
    let (x, w) = inputs();
    let tape = recorder();
    watch(&x, tape.scope());
    let error = add(&x, &w).unwrap_err();
    assert!(error.to_string().contains("a live tape watches"), "{error}");
    assert!(with_frame(tape.clone(), || add(&x, &w)).is_ok());
    let carried = with_frame(tape.clone(), Context::capture);
    let (x2, w2) = (x.clone(), w.clone());
    let there = std::thread::spawn(move || {
        let alone = add(&x2, &w2).is_err();
        let _entered = carried.enter();
        (alone, add(&x2, &w2).is_ok())
    });
    assert_eq!(there.join().unwrap(), (true, true));
    unwatch(tape.scope());
    assert!(add(&x, &w).is_ok());
}

#[test]
fn a_panic_inside_a_frame_leaves_the_thread_usable() {
    let caught = std::panic::catch_unwind(|| with_frame(recorder(), || panic!("inside")));
    assert!(caught.is_err());
    assert_eq!(Context::capture().depth(), 0);
    assert!(add(&inputs().0, 1.0).is_ok());
}

#[test]
fn a_context_carries_the_promotion_mode() {
    let carried = with_mode(Mode::Strict, Context::capture);
    let there = std::thread::spawn(move || {
        let (x, y) = (
            ones(2, DType::Int64).unwrap(),
            ones(2, DType::Float32).unwrap(),
        );
        let outside = add(&x, &y).is_ok();
        let _entered = carried.enter();
        (outside, add(&x, &y).unwrap_err().to_string())
    });
    let (outside, error) = there.join().unwrap();
    assert!(outside && error.contains("Strict mode"), "{error}");
}

#[test]
fn a_context_carries_the_precision_of_products() {
    let carried = with_precision(Precision::TensorFloat32, Context::capture);
    let there = std::thread::spawn(move || {
        let outside = current_precision();
        let _entered = carried.enter();
        (outside, current_precision())
    });
    let inside = (Precision::Float32, Precision::TensorFloat32);
    assert_eq!(there.join().unwrap(), inside);
}

#[test]
fn the_failure_of_an_operation_reaches_what_derives_from_it() {
    let x = ones(4, ()).unwrap();
    x.tensor()
        .unwrap()
        .buffer
        .fail(Error::device("kernel: lost the device"));
    let errors = [
        add(&x, 1.0).unwrap_err(),
        x.to_vec::<f64>().unwrap_err(),
        x.get(s![1..]).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.to_string(), "kernel: lost the device");
    }
}
