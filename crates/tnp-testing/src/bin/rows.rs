//! Prints all rows as JSON, for `cargo xtask golden` and `cargo xtask coverage`.

use serde_json::{Value, json};
use tnp_testing::recipe::Domain;
use tnp_testing::rows::{Case, Row, all_rows};

fn main() {
    let categories: Vec<Value> = all_rows()
        .iter()
        .map(|category| json!({"name": category.name, "rows": category.rows.iter().map(row).collect::<Vec<_>>()}))
        .collect();
    println!("{}", Value::from(categories));
}

fn row(row: &Row) -> Value {
    json!({
        "covers": row.covers,
        "expression": row.expression,
        "seed": row.seed().to_string(),
        "tolerance": format!("{:?}", row.tolerance),
        "cases": row.cases().iter().map(case).collect::<Vec<_>>(),
    })
}

fn case(case: &Case) -> Value {
    let inputs: Vec<Value> = case
        .inputs
        .iter()
        .map(|input| {
            json!({
                "shape": input.shape,
                "repeated": input.repeated,
                "dtype": input.dtype.name(),
                "domain": domain(input.domain),
            })
        })
        .collect();
    json!({"key": case.key, "inputs": inputs, "dtype": case.dtype.map(|dtype| dtype.name())})
}

fn domain(domain: Domain) -> Value {
    match domain {
        Domain::Any => json!(["any"]),
        Domain::Special => json!(["special"]),
        Domain::Uniform(lo, hi) => json!(["uniform", lo, hi]),
        Domain::Range(lo, hi) => json!(["range", lo, hi]),
        Domain::Distinct => json!(["distinct"]),
        Domain::Sorted => json!(["sorted"]),
    }
}
