//! Gradients, maps and compiled functions: the guide's model, and expressions fused into one loop. Each peer writes them in its own way.

use tnp::{
    Array, DType, GradientTape, Result, expand_dims, function, grad, map_fn, matmul, maximum, sum,
    vectorized_map,
};

use super::signed;
use crate::{Input, Program, Row};

const GROUP: &str = "transformations";

/// Weights of the dense layer, its bias, weights of the linear one.
type Model = (Array, Array, Array);

fn predict((w1, bias, w2): &Model, inputs: &Array) -> Result<Array> {
    matmul(maximum(matmul(inputs, w1)? + bias, 0)?, w2)
}

fn loss(model: &Model, inputs: &Array, labels: &Array) -> Result<Array> {
    (predict(model, inputs)? - labels).square()?.sum(())
}

fn gradients(model: &Model, inputs: &Array, labels: &Array) -> Result<Model> {
    let tape = GradientTape::new();
    tape.watch(model)?;
    let loss = tape.record(|| loss(model, inputs, labels))?;
    tape.gradient(&loss, model)
}

fn model(v: &[Array]) -> Model {
    (v[2].clone(), v[3].clone(), v[4].clone())
}

/// A batch, its labels, the model.
fn inputs(batch: usize) -> [Input; 5] {
    [
        signed(DType::Float32, &[batch, 32]),
        signed(DType::Float32, &[batch, 2]),
        signed(DType::Float32, &[32, 64]),
        signed(DType::Float32, &[64]),
        signed(DType::Float32, &[64, 2]),
    ]
}

type Batch = (Array, Array, Model);

fn batch(v: &[Array]) -> Batch {
    (v[0].clone(), v[1].clone(), model(v))
}

/// One example's gradients, as the guide has it: a batch of one.
fn of_example(model: &Model, example: &(Array, Array)) -> Result<Model> {
    let (inputs, labels) = (expand_dims(&example.0, 0)?, expand_dims(&example.1, 0)?);
    gradients(model, &inputs, &labels)
}

fn per_example((inputs, labels, model): &Batch) -> Result<Model> {
    vectorized_map(
        |example: &(Array, Array)| of_example(model, example),
        &(inputs.clone(), labels.clone()),
    )
}

fn batch_jacobian((inputs, _, model): &Batch) -> Result<Array> {
    let tape = GradientTape::new();
    tape.watch(inputs)?;
    let prediction = tape.record(|| predict(model, inputs))?;
    tape.batch_jacobian(&prediction, inputs)
}

/// The gradients of a batch by hand, as a function of a name.
macro_rules! numpy_step {
    ($name:literal) => {
        concat!(
            "\ndef ",
            $name,
            "(x, y, w1, b, w2):
    h = x @ w1 + b
    a = np.maximum(h, 0)
    d = 2 * (a @ w2 - y)
    dh = (d @ w2.T) * (h > 0)
    return x.T @ dh, dh.sum(0), a.T @ d
"
        )
    };
}

const NUMPY_MODEL: &str = numpy_step!("run");

const NUMPY_PER_EXAMPLE: &str = concat!(
    numpy_step!("one"),
    "
def run(x, y, w1, b, w2):
    all = [one(i[None], j[None], w1, b, w2) for i, j in zip(x, y)]
    return [np.stack(g) for g in zip(*all)]
"
);

const JAX_MODEL: &str = "
def predict(model, x):
    w1, b, w2 = model
    return np.maximum(x @ w1 + b, 0) @ w2

def loss(model, x, y):
    return np.square(predict(model, x) - y).sum()

def gradients(x, y, *model):
    return jax.grad(loss)(model, x, y)

def per_example(x, y, *model):
    one = lambda i, j: jax.grad(loss)(model, i[None], j[None])
    return jax.vmap(one)(x, y)

def jacobian(x, y, *model):
    return jax.vmap(jax.jacrev(lambda i: predict(model, i)))(x)
";

const TORCH_MODEL: &str = "
def predict(model, x):
    w1, b, w2 = model
    return torch.relu(x @ w1 + b) @ w2

def loss(model, x, y):
    return torch.square(predict(model, x) - y).sum()

def gradients(x, y, *model):
    model = [w.detach().requires_grad_() for w in model]
    return torch.autograd.grad(loss(model, x, y), model)

def functional_gradients(x, y, *model):
    return torch.func.grad(loss)(model, x, y)

def per_example(x, y, *model):
    one = torch.func.grad(lambda model, i, j: loss(model, i[None], j[None]))
    return torch.func.vmap(lambda i, j: one(model, i, j))(x, y)

def jacobian(x, y, *model):
    return torch.func.vmap(torch.func.jacrev(lambda i: predict(model, i)))(x)
";

const TENSORFLOW_MODEL: &str = "
def predict(model, x):
    w1, b, w2 = model
    return np.matmul(np.maximum(np.matmul(x, w1) + b, 0), w2)

def loss(model, x, y):
    return np.sum(np.square(predict(model, x) - y))

def gradients(x, y, *model):
    with tf.GradientTape() as tape:
        tape.watch(model)
        value = loss(model, x, y)
    return tape.gradient(value, model)

def per_example(x, y, *model):
    one = lambda pair: gradients(pair[0][None], pair[1][None], *model)
    return tf.vectorized_map(one, (x, y))

def jacobian(x, y, *model):
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = predict(model, x)
    return tape.batch_jacobian(value, x)
";

/// The last lines of a program: waiting for what JAX computes behind the caller's back is part of the time.
fn jax(what: &str) -> String {
    format!("{JAX_MODEL}\nf = {what}\ndef run(*a):\n    return jax.block_until_ready(f(*a))\n")
}

fn torch(what: &str) -> String {
    format!("{TORCH_MODEL}\nrun = {what}\n")
}

fn tensorflow(what: &str) -> String {
    format!("{TENSORFLOW_MODEL}\nrun = {what}\n")
}

/// A row that the guide's model is timed in, eager or compiled.
fn of_model(
    title: &'static str,
    size: usize,
    what: &str,
    compiled: bool,
    make: fn() -> Program,
) -> Row {
    let row = Row::made(GROUP, title, &inputs(size), make);
    let torch_what = match what {
        // What PyTorch compiles without breaking the graph.
        "gradients" if compiled => "functional_gradients",
        what => what,
    };
    match compiled {
        false => row
            .peer("jax", jax(what))
            .peer("torch", torch(what))
            .peer("tf", tensorflow(what)),
        true => row
            .peer("jax", jax(&format!("jax.jit({what})")))
            .peer("torch", torch(&format!("torch.compile({torch_what})")))
            .peer("tf", tensorflow(&format!("tf.function({what})"))),
    }
}

fn model_rows(rows: &mut Vec<Row>) {
    rows.push(
        of_model("gradient step, eager", 512, "gradients", false, || {
            Box::new(|v| Ok(gradients(&model(v), &v[0], &v[1])?.0))
        })
        .peer("numpy", NUMPY_MODEL),
    );
    rows.push(
        of_model("gradient step, compiled", 512, "gradients", true, || {
            let step = function(|(inputs, labels, model): &Batch| gradients(model, inputs, labels));
            Box::new(move |v| Ok(step.call(&batch(v))?.0))
        })
        .peer("numpy", NUMPY_MODEL),
    );
    rows.push(
        of_model(
            "per-example gradients, eager",
            128,
            "per_example",
            false,
            || Box::new(|v| Ok(per_example(&batch(v))?.0)),
        )
        .peer("numpy", NUMPY_PER_EXAMPLE),
    );
    rows.push(Row::made(
        GROUP,
        "per-example gradients, a loop (map_fn)",
        &inputs(128),
        || {
            Box::new(|v| {
                let (inputs, labels, model) = batch(v);
                Ok(map_fn(
                    |example: &(Array, Array)| of_example(&model, example),
                    &(inputs, labels),
                )?
                .0)
            })
        },
    )
    .peer("numpy", NUMPY_PER_EXAMPLE)
    .peer("jax", jax("jax.jit(lambda x, y, *model: jax.lax.map(lambda p: gradients(p[0][None], p[1][None], *model), (x, y)))")));
    rows.push(
        of_model(
            "per-example gradients, compiled",
            128,
            "per_example",
            true,
            || {
                let step = function(per_example);
                Box::new(move |v| Ok(step.call(&batch(v))?.0))
            },
        )
        .peer("numpy", NUMPY_PER_EXAMPLE),
    );
    rows.push(of_model(
        "batch jacobian, eager",
        16,
        "jacobian",
        false,
        || Box::new(|v| batch_jacobian(&batch(v))),
    ));
    rows.push(of_model(
        "batch jacobian, compiled",
        16,
        "jacobian",
        true,
        || {
            let jacobian = function(batch_jacobian);
            Box::new(move |v| jacobian.call(&batch(v)))
        },
    ));
}

/// The expression as TensorFlow writes it: its tensors have no `sum`.
fn tensorflow_names(expression: &str) -> String {
    match expression.strip_suffix(".sum()") {
        Some(summed) => format!("tf.reduce_sum({summed})"),
        None => expression.replace("np.", "tf."),
    }
}

/// An expression of arrays that each peer compiles with what it has for that.
fn compiled(expression: &'static str, names: &str, inputs: &[Input], make: fn() -> Program) -> Row {
    let arguments = names.replace(' ', ", ");
    let plain = format!("def run({arguments}):\n    return {expression}\n");
    let bare = expression.replace("np.", "");
    let row = Row::made(GROUP, expression, inputs, make)
        .titled("compiled")
        .peer("numpy", plain.clone())
        .peer("numba", format!("{plain}\nrun = numba.njit(run, parallel=True, fastmath=True)\n"))
        .peer("jax", format!("f = jax.jit(lambda {arguments}: {expression})\ndef run(*a):\n    return jax.block_until_ready(f(*a))\n"))
        .peer("tf", format!("run = tf.function(lambda {arguments}: {}, jit_compile=True)\n", tensorflow_names(expression)))
        .peer("torch", format!("run = lambda {arguments}: {}\n", expression.replace("np.", "torch.")));
    if expression.contains(".sum") {
        return row;
    }
    row.peer(
        "numexpr",
        format!("def run({arguments}):\n    return numexpr.evaluate('{bare}')\n"),
    )
}

fn fused_rows(rows: &mut Vec<Row>) {
    for size in [1 << 20, 1 << 24] {
        let (one, five) = (
            [signed(DType::Float32, &[size])],
            vec![signed(DType::Float32, &[size]); 5],
        );
        let mut push = |row: Row| rows.push(if size > 1 << 20 { row.slow() } else { row });
        push(compiled("1/(1 + np.exp(-x))", "x", &one, || {
            let f = function(|x: &Array| Ok(1.0 / (1.0 + (-x).exp()?)));
            Box::new(move |v| f.call(&v[0]))
        }));
        push(compiled("x*y + z*u - v", "x y z u v", &five, || {
            let f = function(|(x, y, z, u, v): &(Array, Array, Array, Array, Array)| {
                Ok(x * y + z * u - v)
            });
            Box::new(move |v| {
                f.call(&(
                    v[0].clone(),
                    v[1].clone(),
                    v[2].clone(),
                    v[3].clone(),
                    v[4].clone(),
                ))
            })
        }));
        push(compiled(
            "((x - y)*(x - y)).sum()",
            "x y",
            &five[..2],
            || {
                let f = function(|(x, y): &(Array, Array)| sum((x - y) * (x - y), ()));
                Box::new(move |v| f.call(&(v[0].clone(), v[1].clone())))
            },
        ));
    }
}

/// A thousand operations of every cost: chains, sums over an axis, products.
fn thousand(x: &Array) -> Result<Array> {
    let mut x = x.clone();
    for _ in 0..100 {
        let y = (&x * 0.5 + 1.0).sin()?;
        let z = y.sum(0)?;
        x = matmul(&(&x - z), &y)?.tanh()? / 3.0 + &y;
    }
    Ok(x)
}

/// A function that is new at each call: nothing is found in a cache.
const JAX_THOUSAND: &str = "
def run(x):
    def thousand(x):
        for _ in range(100):
            y = np.sin(x * 0.5 + 1)
            z = y.sum(0)
            x = np.tanh((x - z) @ y) / 3 + y
        return x
    jax.clear_caches()
    return jax.block_until_ready(jax.jit(thousand)(x))
";

fn cost_rows(rows: &mut Vec<Row>) {
    rows.push(compiled(
        "x + 1",
        "x",
        &[signed(DType::Float32, &[1])],
        || {
            let f = function(|x: &Array| Ok(x + 1));
            Box::new(move |v| f.call(&v[0]))
        },
    ));
    rows.push(
        Row::made(
            GROUP,
            "tracing and compiling 1000 operations",
            &[signed(DType::Float32, &[4, 4])],
            || Box::new(|v| function(|x: &Array| thousand(x)).call(&v[0])),
        )
        .slow()
        .peer("jax", JAX_THOUSAND),
    );
    rows.push(Row::made(GROUP, "gradient of x*x + x, tape", &[signed(DType::Float32, &[1])], || {
        Box::new(|v| grad(|x: &Array| Ok(x * x + x), &v[0]))
    })
    .peer("jax", "f = jax.grad(lambda x: (x*x + x)[0])\ndef run(x):\n    return jax.block_until_ready(f(x))\n")
    .peer("torch", "def run(x):\n    x = x.detach().requires_grad_()\n    return torch.autograd.grad(x*x + x, x)\n")
    .peer("tf", "def run(x):\n    with tf.GradientTape() as tape:\n        tape.watch(x)\n        y = x*x + x\n    return tape.gradient(y, x)\n"));
}

pub(super) fn add(rows: &mut Vec<Row>) {
    model_rows(rows);
    fused_rows(rows);
    cost_rows(rows);
}
