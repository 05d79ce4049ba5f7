//! One benchmark row: a NumPy expression, the arrays it is about, and the same thing in Rust.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use tnp::{Array, DType, Result};

/// What an input holds. Both sides draw values of their own: only the distribution matters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fill {
    /// Uniform in [0.1, 1.1): in the domain of every function timed.
    Unit,
    /// Uniform in [-3, 3).
    Signed,
    /// Uniform integers below a bound.
    Below(u32),
    /// True for one element in two.
    Half,
}

fn name_of<S: Serializer>(dtype: &DType, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(dtype)
}

/// An array of the expression; they are called `x`, `y`, `z`, `u`, `v` and `w` in this order.
#[derive(Clone, Debug, Serialize)]
pub struct Input {
    /// Its dtype, by NumPy's name.
    #[serde(serialize_with = "name_of")]
    pub dtype: DType,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values.
    pub fill: Fill,
}

impl Input {
    /// The array. Its values depend on nothing but `seed`.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn array(&self, seed: u64) -> Result<Array> {
        // Steele, Lea and Flood's SplitMix64.
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut bits = state;
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((bits ^ (bits >> 31)) >> 11) as f64 / (1u64 << 53) as f64
        };
        let size: usize = self.shape.iter().product();
        let mut values = |scale: f64, offset: f64| -> Vec<f32> {
            (0..size)
                .map(|_| (next() * scale + offset) as f32)
                .collect()
        };
        let array = match self.fill {
            Fill::Unit => Array::from_vec(values(1.0, 0.1), &self.shape)?,
            Fill::Signed => Array::from_vec(values(6.0, -3.0), &self.shape)?,
            Fill::Below(bound) => {
                let bound = f64::from(bound);
                let whole: Vec<i64> = (0..size).map(|_| (next() * bound) as i64).collect();
                Array::from_vec(whole, &self.shape)?
            }
            Fill::Half => {
                let half: Vec<bool> = (0..size).map(|_| next() < 0.5).collect();
                Array::from_vec(half, &self.shape)?
            }
        };
        // Where the library keeps what it computes, as peers have their own; a vector would stay where it is.
        tnp::copy(array.astype(self.dtype)?)
    }
}

/// Evaluates a row once.
pub type Program = Box<dyn FnMut(&mut [Array]) -> Result<Array>>;

/// What we evaluate.
#[derive(Clone)]
pub enum Run {
    /// An eager expression.
    Eager(fn(&mut [Array]) -> Result<Array>),
    /// Something made once and called again and again: a compiled function.
    Made(fn() -> Program),
}

/// What is timed: the same expression in Python and in Rust.
#[derive(Clone, Serialize)]
pub struct Row {
    /// The category.
    pub group: &'static str,
    /// The expression, then dtype and size of its inputs as a comment: unique, and valid Python.
    pub name: String,
    /// What NumPy evaluates.
    pub expression: &'static str,
    /// Where libraries write it in ways of their own: Python that defines `run`, a function of the arrays, by the peer's name.
    /// Peers without one have no time then.
    pub programs: BTreeMap<&'static str, String>,
    /// The arrays.
    pub inputs: Vec<Input>,
    /// Left out of a quick run.
    pub slow: bool,
    /// What we evaluate.
    #[serde(skip)]
    pub run: Run,
}

fn size_text(shape: &[usize]) -> String {
    match *shape {
        [] => "0-d".to_owned(),
        [n] if n >= 32 && n.is_power_of_two() => format!("2^{}", n.trailing_zeros()),
        ref shape => shape
            .iter()
            .map(usize::to_string)
            .collect::<Vec<_>>()
            .join("x"),
    }
}

impl Row {
    /// A row of a category.
    pub fn new(
        group: &'static str,
        expression: &'static str,
        inputs: &[Input],
        run: fn(&mut [Array]) -> Result<Array>,
    ) -> Row {
        let mut about: Vec<String> = inputs
            .iter()
            .map(|input| format!("{} {}", input.dtype, size_text(&input.shape)))
            .collect();
        about.dedup();
        let about = match about.join(", ") {
            none if none.is_empty() => none,
            inputs => format!("  # {inputs}"),
        };
        Row {
            group,
            name: format!("{expression}{about}"),
            expression,
            programs: BTreeMap::new(),
            inputs: inputs.to_vec(),
            slow: false,
            run: Run::Eager(run),
        }
    }

    /// A row that calls something made beforehand; `title` is what it is called, peers' programs say what they do.
    pub fn made(
        group: &'static str,
        title: &'static str,
        inputs: &[Input],
        make: fn() -> Program,
    ) -> Row {
        let mut row = Row::new(group, title, inputs, |_| unreachable!("replaced below"));
        row.run = Run::Made(make);
        row
    }

    /// What a peer does for this row.
    pub fn peer(mut self, name: &'static str, program: impl Into<String>) -> Row {
        self.programs.insert(name, program.into());
        self
    }

    /// The row with a word before its name, where another evaluates the same expression in another way.
    pub fn titled(mut self, word: &str) -> Row {
        self.name = format!("{word} {}", self.name);
        self
    }

    /// What evaluates the row, ready to be called.
    pub fn program(&self) -> Program {
        match self.run {
            Run::Eager(run) => Box::new(run),
            Run::Made(make) => make(),
        }
    }

    /// Left out of a quick run.
    pub fn slow(mut self) -> Row {
        self.slow = true;
        self
    }

    /// Its arrays.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn arrays(&self) -> Result<Vec<Array>> {
        self.inputs
            .iter()
            .zip(1..)
            .map(|(input, seed)| input.array(seed))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn rows_have_names_of_their_own_and_run() {
        let mut names = HashSet::new();
        for row in crate::rows() {
            assert!(names.insert(row.name.clone()), "{} twice", row.name);
            let elements = |shape: &[usize]| shape.iter().product::<usize>();
            if row
                .inputs
                .iter()
                .all(|input| elements(&input.shape) <= 1 << 15)
            {
                let mut arrays = row.arrays().expect("memory for the inputs");
                (row.program())(&mut arrays).expect("the row runs");
            }
        }
    }
}
