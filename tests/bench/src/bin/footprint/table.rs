//! The figures as text.

use std::fmt::Write;

use peergate_bench::request::Shape;
use peergate_bench::variant::grouped;

use crate::maps::Side;
use crate::request::{Figures, Request};

/// A variant, and what it takes for a request.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    name: String,
    request: Request,
}

impl Row {
    /// Of several requests, the one with the fewest instructions; nothing of none. What timers have Envoy and the
    /// filter do meanwhile only ever adds.
    pub(crate) fn of(name: &str, requests: Vec<Request>) -> Option<Self> {
        let request = requests.into_iter().min_by_key(Request::instructions)?;
        Some(Self { name: name.to_owned(), request })
    }
}

/// All variants, the others' Envoy above that of the first.
pub(crate) fn table(shape: Shape, count: u32, rows: &[Row]) -> String {
    let [width, figure] = [NAME, FIGURE];
    let mut text = format!("{}, the least of {count} requests\n", said(shape));
    let sides = ["Envoy, above the first", "filter"].map(|it| format!("{it:>0$}", 3 * figure));
    let _ = writeln!(text, "  {:width$}{}", "", sides.concat());
    let heads = ["instructions", "lines", "pages"].map(|it| format!("{it:>figure$}")).concat();
    let _ = writeln!(text, "  {:width$}{heads}{heads}", "");
    let mut none: Option<Figures> = None;
    for row in rows {
        let envoy = match none {
            None => cells(row.request.envoy).map(grouped),
            Some(none) => [0, 1, 2].map(|at| above(cells(row.request.envoy)[at], cells(none)[at])),
        };
        let filter = cells(row.request.filter);
        let filter = if filter[0] == 0 { Default::default() } else { filter.map(grouped) };
        let cells = [envoy, filter].concat();
        let line: String = cells.iter().map(|it| format!("{it:>figure$}")).collect();
        let _ = writeln!(text, "{}", format!("  {:width$}{line}", row.name).trim_end());
        none = none.or(Some(row.request.envoy));
    }
    text
}

/// The turns of Envoy and the filter in one request; nothing of a variant without a filter of its own.
pub(crate) fn calls(shape: Shape, row: &Row) -> String {
    let mut text = String::new();
    let segments = &row.request.segments;
    if segments.len() < 2 {
        return text;
    }
    let _ = writeln!(text, "\n{}, {}: instructions and lines in turn", row.name, said(shape));
    let _ = writeln!(text, "  {:>CALL$}{:>CALL$}", "Envoy", "filter");
    for segment in segments {
        let Figures { instructions, lines, .. } = segment.figures;
        let cell = format!("{} {:>6}", grouped(instructions), grouped(lines));
        let place = if segment.side == Side::Envoy { CALL } else { 2 * CALL };
        let _ = writeln!(text, "  {cell:>place$}");
    }
    text
}

fn said(shape: Shape) -> String {
    format!("{}, {} headers", shape.protocol.name(), shape.headers)
}

fn cells(figures: Figures) -> [usize; 3] {
    [figures.instructions, figures.lines, figures.pages]
}

fn above(own: usize, none: usize) -> String {
    let sign = if own < none { '-' } else { '+' };
    format!("{sign}{}", grouped(own.abs_diff(none)))
}

const NAME: usize = 26;

const FIGURE: usize = 13;

const CALL: usize = 18;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Segment;

    fn figures(of: usize) -> Figures {
        Figures { instructions: 1000 * of, lines: 10 * of, pages: of }
    }

    fn row(name: &str, envoy: [usize; 3], filter: usize) -> Row {
        let requests = envoy.map(|it| {
            let (envoy, filter) = (figures(it), figures(filter));
            let [first, second] = [(Side::Envoy, envoy), (Side::Filter, filter)]
                .map(|(side, figures)| Segment { side, figures });
            let segments = if filter.instructions == 0 { vec![first] } else { vec![first, second] };
            Request { envoy, filter, segments }
        });
        Row::of(name, requests.into()).unwrap()
    }

    #[test]
    fn envoy_is_shown_above_the_first_row() {
        let rows = [
            row("no filter", [80, 85, 90], 0),
            row("ours", [91, 90, 99], 5),
            row("less", [79; 3], 1),
        ];
        let text = table(Shape::FIRST, 3, &rows);
        let words: Vec<Vec<&str>> =
            text.lines().skip(3).map(|it| it.split_whitespace().collect()).collect();
        assert_eq!(words[0], ["no", "filter", "80,000", "800", "80"]);
        assert_eq!(words[1], ["ours", "+10,000", "+100", "+10", "5,000", "50", "5"]);
        assert_eq!(words[2][1], "-1,000");
    }

    #[test]
    fn only_filters_have_turns() {
        assert_eq!(calls(Shape::FIRST, &row("no filter", [80; 3], 0)), "");
        let text = calls(Shape::FIRST, &row("ours", [91, 90, 95], 5));
        let lines: Vec<&str> = text.lines().skip(3).collect();
        assert_eq!(lines.len(), 2);
        assert!(
            lines[0].ends_with("90,000    900") && lines[1].ends_with("5,000     50"),
            "{text}"
        );
    }

    #[test]
    fn nothing_has_no_row() {
        assert!(Row::of("none", Vec::new()).is_none());
    }
}
