//! What a kit says at the end: what the backend supports, how far from complete it is, and whether it was told the truth.

use std::fmt::Write as _;
use std::sync::PoisonError;

use tnp_dtype::DType;

use super::{Kit, say};
use crate::check::{Manner, Manners, Report};
use crate::survey::{Line, cells, core_families};

impl Kit {
    /// Prints the summary, after all rows and laws have run.
    ///
    /// # Panics
    /// When the kit was told of something lacking that is not.
    pub fn summary(&self) {
        let mut text = format!("\n== {}\n", self.device());
        for line in table(self.lines()) {
            let _ = writeln!(text, "{line}");
        }
        let (whole, families) = core_families(self.lines());
        let _ = writeln!(text, "core {whole}/{families} families native");
        let _ = writeln!(text, "operations on dtypes: {}", cells(self.lines()));
        let categories: Vec<&str> = self.rows.keys().copied().collect();
        let run =
            |group: &str, name: &&str| self.reason_left_out(&format!("{group}::{name}")).is_none();
        let of_rows = categories.iter().filter(|name| run("rows", name));
        let rows: Vec<&Report> = of_rows.map(|name| self.row_report(name)).collect();
        let of_laws = categories.iter().filter(|name| run("laws", name));
        let laws: Vec<&Report> = of_laws.map(|name| self.law_report(name)).collect();
        for (what, reports) in [("rows", &rows), ("rows under laws", &laws)] {
            let mut sum = Manners::default();
            reports.iter().for_each(|report| sum.add(report.rows));
            let failures: usize = reports.iter().map(|report| report.failures.len()).sum();
            let _ = writeln!(text, "{what}: {sum}; {failures} failures");
        }
        if self.looser > 1 {
            let _ = writeln!(text, "tolerances {} times as wide", self.looser);
        }
        for report in rows.iter().chain(&laws) {
            for name in report.refused.keys() {
                self.is_declared(name);
            }
        }
        for line in self.lines() {
            for dtype in line.dtypes(Manner::Unsupported) {
                self.is_declared(&format!("{} {dtype}", line.prim()));
            }
        }
        for lack in &self.lacks {
            let _ = writeln!(text, "lacks {}: {}", lack.what, lack.reason);
        }
        for left in &self.left_out {
            let _ = writeln!(text, "not run: {}: {}", left.what, left.reason);
        }
        say(&text);
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = self
            .lacks
            .iter()
            .zip(used.iter())
            .filter(|(_, used)| !**used);
        let idle: Vec<&str> = idle.map(|(lack, _)| lack.what).collect();
        assert!(
            idle.is_empty(),
            "{} is said to lack what it has, take it off: {idle:?}",
            self.device()
        );
    }
}

/// Operations against dtypes: `n` native, `d` decomposed, `-` unsupported, a blank where the operation does not take the dtype.
fn table(lines: &[Line]) -> Vec<String> {
    let mut text = vec![
        "n native, d decomposed, - unsupported; core operations have a star".to_owned(),
        format!(
            "{:<22} {}",
            "",
            DType::ALL
                .map(short)
                .map(|name| format!("{name:>4}"))
                .concat()
        ),
    ];
    for line in lines {
        let cell = |dtype: DType| {
            let manner = line.cells.iter().find(|(other, _)| *other == dtype);
            match manner.map(|(_, manner)| manner) {
                Some(Manner::Native) => "n",
                Some(Manner::Decomposed) => "d",
                Some(Manner::Unsupported) => "-",
                None => "",
            }
        };
        let star = if line.core { "*" } else { " " };
        let cells = DType::ALL.map(|dtype| format!("{:>4}", cell(dtype)));
        text.push(format!("{star}{:<21} {}", line.name, cells.concat()));
    }
    text
}

fn short(dtype: DType) -> String {
    let (kind, bits) = dtype
        .name()
        .split_at(dtype.name().find(|c: char| c.is_ascii_digit()).unwrap_or(0));
    match kind {
        "" => "bool".to_owned(),
        "bfloat" => format!("bf{bits}"),
        _ => format!("{}{bits}", &kind[..1]),
    }
}
