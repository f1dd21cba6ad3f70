//! The figures as a chart.

use std::fmt::Write;

use peergate_bench::request::Shape;
use peergate_bench::spread::Spread;
use peergate_bench::variant::Variant;

use crate::rounds::{NONE, Rounds};

/// Draws what every variant costs in user time above no filter: bars to the median, lines from the least to
/// the greatest, one panel for each number of headers over HTTP/1.1.
pub(crate) fn draw(rounds: &Rounds) -> String {
    let panels = [Shape::ALL[0], Shape::ALL[1]].map(|shape| (shape, bars(rounds, shape)));
    let scale = scale(panels.iter().flat_map(|it| &it.1));
    let mut body = String::new();
    let mut y = TITLE;
    for (shape, bars) in panels.iter().filter(|it| !it.1.is_empty()) {
        let title = format!("{}, {} request headers", shape.protocol.name(), shape.headers);
        text(&mut body, "head", 0.0, y + 14.0, &title);
        y += 26.0;
        for bar in bars {
            draw_bar(&mut body, bar, y, scale);
            y += ROW;
        }
        y += 14.0;
    }
    let style = "text{font:12px system-ui,sans-serif;fill:#24292f}.head{font-weight:600}\
        .end{text-anchor:end}.bar{fill:#8c959f}.own{fill:#0969da}.line{stroke:#24292f;stroke-width:1}\
        @media(prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#6e7681}.own{fill:#4493f8}\
        .line{stroke:#e6edf3}}";
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y}\" role=\"img\">\n\
         <title>{CAPTION}</title>\n<style>{style}</style>\n\
         <text x=\"0\" y=\"16\">{CAPTION}</text>\n{body}</svg>\n"
    )
}

/// One variant's row.
struct Bar {
    name: String,
    spread: Spread,
}

impl Bar {
    fn is_own(&self) -> bool {
        self.name.contains("Peergate")
    }
}

fn bars(rounds: &Rounds, shape: Shape) -> Vec<Bar> {
    let shown = rounds.all.iter().filter(|it| it.shape == shape && it.name != NONE);
    let bar = |name: &str| {
        let spread = Spread::of(rounds.above(name, shape, |it| it.user))?;
        Some(Bar { name: name.to_owned(), spread })
    };
    shown.filter_map(|it| bar(&it.name)).collect()
}

/// The microseconds at the right edge. What is many times as dear as Peergate is cut off: else nothing could
/// be told of the others.
fn scale<'b>(bars: impl Iterator<Item = &'b Bar> + Clone) -> f64 {
    let own = Variant::PEERGATE.name();
    let greatest = |it: &mut dyn Iterator<Item = f64>| it.fold(0.0, f64::max);
    let reference =
        greatest(&mut bars.clone().filter(|it| it.name == own).map(|it| it.spread.median));
    let limit = if reference > 0.0 { reference * CUT } else { f64::INFINITY };
    let shown = bars.filter(|it| it.spread.median <= limit);
    greatest(&mut shown.map(|it| it.spread.max.min(limit))).max(1.0)
}

fn draw_bar(body: &mut String, bar: &Bar, y: f64, scale: f64) {
    let Spread { median, min, max } = bar.spread;
    let place = |it: f64| LEFT + it.clamp(0.0, scale) / scale * (RIGHT - LEFT);
    let (class, middle) = (if bar.is_own() { "own" } else { "bar" }, y + ROW / 2.0);
    text(body, "end", LEFT - 8.0, middle + 4.0, &bar.name);
    let width = (place(median) - LEFT).max(1.0);
    let _ = writeln!(
        body,
        "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{:.1}\"/>",
        y + 3.0,
        ROW - 6.0
    );
    let is_cut = median > scale;
    if !is_cut {
        let (from, to) = (place(min), place(max));
        let _ = writeln!(
            body,
            "<line class=\"line\" x1=\"{from:.1}\" x2=\"{to:.1}\" y1=\"{middle:.1}\" y2=\"{middle:.1}\"/>"
        );
    }
    let arrow = if is_cut { "\u{2192} " } else { "" };
    text(body, "", place(max) + 6.0, middle + 4.0, &format!("{arrow}{median:.1}"));
}

/// Writes a text. Names of variants hold nothing that XML would take for its own.
fn text(body: &mut String, class: &str, x: f64, y: f64, text: &str) {
    let _ = writeln!(body, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>");
}

const CAPTION: &str = "User time of the Envoy process a request, in microseconds above no filter: median, \
    least and greatest of all rounds";
const WIDTH: f64 = 900.0;
const TITLE: f64 = 30.0;
const ROW: f64 = 20.0;
const LEFT: f64 = 280.0;
const RIGHT: f64 = 840.0;

/// How many times as dear as Peergate a variant may be to be shown whole.
const CUT: f64 = 6.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rounds::tests::sample;

    #[test]
    fn what_is_far_dearer_is_cut_off() {
        let mut rounds = Rounds::default();
        let own = Variant::PEERGATE.name();
        for (name, user) in [(NONE, 10.0), (&own, 15.0), ("other", 410.0)] {
            rounds.push(name, Shape::FIRST, sample(user));
        }
        let chart = draw(&rounds);
        assert_eq!(chart.matches("<rect").count(), 2);
        assert_eq!(chart.matches("<line").count(), 1);
        assert!(chart.contains(">\u{2192} 400.0<"), "{chart}");
        assert!(chart.contains(">5.0<"), "{chart}");
    }
}
