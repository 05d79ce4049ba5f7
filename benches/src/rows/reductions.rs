//! Reductions, argument reductions and scans over all axes, the first and the last.

use tnp::DType::{Bool, Float32, Float64, Int32, Int64};

use super::{below, mask, unit};
use crate::Row;

macro_rules! over_axes {
    ($row:ident, $group:literal, $x:ident, $($name:ident $all:literal $first:literal $last:literal;)*) => {$(
        $row($group, $all, &$x, |v| v[0].$name(()));
        $row($group, $first, &$x, |v| v[0].$name(0));
        $row($group, $last, &$x, |v| v[0].$name(1));
    )*};
}

pub(super) fn add(rows: &mut Vec<Row>) {
    let mut row = |group, expression, inputs: &[_], run| {
        rows.push(Row::new(group, expression, inputs, run));
    };
    for dtype in [Float32, Float64] {
        for shape in [[1024, 1024], [1 << 17, 8], [8, 1 << 17]] {
            let x = [unit(dtype, &shape)];
            over_axes! { row, "reductions", x,
                sum "x.sum()" "x.sum(0)" "x.sum(1)";
                max "x.max()" "x.max(0)" "x.max(1)";
                mean "x.mean()" "x.mean(0)" "x.mean(1)";
                std "x.std()" "x.std(0)" "x.std(1)";
            }
        }
        let cube = [unit(dtype, &[128, 64, 128])];
        row("reductions", "x.sum(1)", &cube, |v| v[0].sum(1));
        row("reductions", "x.sum((0, 2))", &cube, |v| v[0].sum([0, 2]));
    }
    for dtype in [Int32, Int64] {
        let x = [below(1000, dtype, &[1024, 1024])];
        over_axes! { row, "reductions", x,
            sum "x.sum()" "x.sum(0)" "x.sum(1)";
            max "x.max()" "x.max(0)" "x.max(1)";
        }
    }
    let (none, half) = ([below(1, Bool, &[1024, 1024])], [mask(&[1024, 1024])]);
    over_axes! { row, "reductions", none,
        any "x.any()" "x.any(0)" "x.any(1)";
    }
    row("reductions", "np.count_nonzero(x)", &half, |v| {
        tnp::count_nonzero(&v[0], ())
    });
    for dtype in [Float32, Float64, Int32, Int64] {
        let x = [below(1 << 20, dtype, &[1024, 1024])];
        over_axes! { row, "argmax", x,
            argmax "x.argmax()" "x.argmax(0)" "x.argmax(1)";
        }
    }
    for dtype in [Float32, Float64, Int64] {
        let x = [below(100, dtype, &[1024, 1024])];
        over_axes! { row, "cumsum", x,
            cumsum "x.cumsum()" "x.cumsum(0)" "x.cumsum(1)";
        }
    }
}
