//! A panel with lines over time.

use std::fmt::Write;
use std::time::Duration;

use super::axis::Axis;
use super::{Place, text, unit};
use crate::dashboard::Panel;
use crate::figures::{Figures, Line};

/// One such panel.
pub(super) struct Plot<'p> {
    panel: &'p Panel<'p>,
    place: Place,
    lines: Vec<Line>,
    length: Duration,
    /// When the drawing begins, in seconds since the Unix epoch.
    start: f64,
    is_stacked: bool,
    is_stepped: bool,
}

impl<'p> Plot<'p> {
    pub(super) fn new(
        panel: &'p Panel<'p>,
        place: &Place,
        figures: Figures,
        length: Duration,
    ) -> Self {
        let custom = &panel.0["fieldConfig"]["defaults"]["custom"];
        let mut lines = figures.lines;
        lines.sort_by(|one, other| one.name.cmp(&other.name));
        let ends = lines.iter().filter_map(|line| line.points.last()).map(|(at, _)| *at);
        let end = ends.fold(0.0, f64::max);
        let is_stacked = custom["stacking"]["mode"] == "normal";
        if is_stacked {
            stack(&mut lines);
        }
        Self {
            panel,
            place: *place,
            lines,
            length,
            start: end - length.as_secs_f64(),
            is_stacked,
            is_stepped: custom["lineInterpolation"] == "stepAfter",
        }
    }

    pub(super) fn draw(&self, body: &mut String) {
        let legend = self.legend();
        let place = &self.place;
        let (left, right) = (place.x + 66.0, place.x + place.width - 12.0);
        let (top, bottom) =
            (place.y + 32.0, place.y + place.height - 26.0 - 16.0 * f64::from(legend.len() as u32));
        let axis = self.axis();
        let x = |at: f64| {
            let part = (at - self.start) / self.length.as_secs_f64();
            left + part.clamp(0.0, 1.0) * (right - left)
        };
        let y = |value: f64| bottom - (value / axis.top).clamp(0.0, 1.0) * (bottom - top);

        for tick in &axis.ticks {
            let at = y(*tick);
            let _ = writeln!(
                body,
                "<line class=\"grid\" x1=\"{left:.0}\" x2=\"{right:.0}\" y1=\"{at:.0}\" y2=\"{at:.0}\"/>"
            );
            let shown = unit::shown(*tick, self.panel.unit(), None);
            text(body, "end", left - 6.0, at + 4.0, &shown);
        }
        let mut second = 0;
        while second <= self.length.as_secs() {
            let shown = format!("{}:{:02}", second / 60, second % 60);
            text(body, "middle", x(self.start + second as f64), bottom + 17.0, &shown);
            second += 30;
        }
        for (at, color) in self.thresholds().filter(|(at, _)| *at <= axis.top) {
            let at = y(at);
            let _ = writeln!(
                body,
                "<line class=\"dash\" stroke=\"{}\" x1=\"{left:.0}\" x2=\"{right:.0}\" y1=\"{at:.0}\" y2=\"{at:.0}\"/>",
                hex(color)
            );
        }
        // What is stacked up highest lies behind.
        for (number, line) in self.lines.iter().enumerate().rev() {
            let color = self.color(number);
            let points: Vec<_> =
                line.points.iter().map(|(at, value)| (x(*at), y(*value))).collect();
            let path = self.path(&points);
            if self.is_stacked
                && let (Some((first, _)), Some((last, _))) = (points.first(), points.last())
            {
                let _ = writeln!(
                    body,
                    "<path fill=\"#181b1f\" d=\"{path}L{last:.1} {bottom:.1}L{first:.1} {bottom:.1}Z\"/>\
                     <path fill=\"{color}\" fill-opacity=\".6\" d=\"{path}L{last:.1} {bottom:.1}L{first:.1} {bottom:.1}Z\"/>"
                );
            }
            let _ = writeln!(body, "<path class=\"line\" stroke=\"{color}\" d=\"{path}\"/>");
        }
        self.draw_legend(body, &legend);
    }

    /// A line through points, less those between two of the same height.
    fn path(&self, points: &[(f64, f64)]) -> String {
        let mut path = String::new();
        for (number, (x, y)) in points.iter().enumerate() {
            let is_level = |other: Option<&(f64, f64)>| other.is_some_and(|(_, other)| other == y);
            if number == 0 {
                let _ = write!(path, "M{x:.1} {y:.1}");
            } else if is_level(points.get(number - 1)) && is_level(points.get(number + 1)) {
            } else if self.is_stepped {
                let _ = write!(path, "H{x:.1}V{y:.1}");
            } else {
                let _ = write!(path, "L{x:.1} {y:.1}");
            }
        }
        path
    }

    fn axis(&self) -> Axis {
        let defaults = &self.panel.0["fieldConfig"]["defaults"];
        let values = self.lines.iter().flat_map(|line| &line.points).map(|(_, value)| *value);
        let most = values.fold(0.0, f64::max);
        let factor = unit::factor(self.panel.unit(), most);
        let is_whole = defaults["decimals"].as_u64() == Some(0);
        let mut axis = match defaults["max"].as_f64() {
            Some(most) if is_whole => return Axis { top: most * 1.05, ticks: vec![0.0, most] },
            Some(most) => Axis::up_to(most * factor, false),
            None => Axis::up_to(most * factor, is_whole),
        };
        axis.top /= factor;
        axis.ticks.iter_mut().for_each(|tick| *tick /= factor);
        axis
    }

    fn thresholds(&self) -> impl Iterator<Item = (f64, &str)> {
        let defaults = &self.panel.0["fieldConfig"]["defaults"];
        let is_drawn = defaults["custom"]["thresholdsStyle"]["mode"] == "dashed";
        let steps = defaults["thresholds"]["steps"].as_array().into_iter().flatten();
        let steps = steps.filter(move |_| is_drawn);
        steps.filter_map(|step| Some((step["value"].as_f64()?, step["color"].as_str()?)))
    }

    /// The colour that the panel sets for a line, else the next of the palette.
    fn color(&self, number: usize) -> &str {
        let name = &self.lines[number].name;
        let mut overrides =
            self.panel.0["fieldConfig"]["overrides"].as_array().into_iter().flatten();
        let own = overrides.find(|it| it["matcher"]["options"] == **name);
        let own = own.and_then(|it| it["properties"][0]["value"]["fixedColor"].as_str());
        own.map_or(PALETTE[number % PALETTE.len()], hex)
    }

    /// Which lines stand in which row of the legend.
    fn legend(&self) -> Vec<Vec<usize>> {
        let mut rows = vec![Vec::new()];
        let mut room = self.place.width - 20.0;
        for (number, line) in self.lines.iter().enumerate() {
            let width = legend_width(&line.name);
            if width > room && !rows[rows.len() - 1].is_empty() {
                rows.push(Vec::new());
                room = self.place.width - 20.0;
            }
            room -= width;
            let last = rows.len() - 1;
            rows[last].push(number);
        }
        rows
    }

    fn draw_legend(&self, body: &mut String, rows: &[Vec<usize>]) {
        let place = &self.place;
        let mut y = place.y + place.height + 4.0 - 16.0 * f64::from(rows.len() as u32);
        for row in rows {
            let mut x = place.x + 12.0;
            for number in row {
                let name = &self.lines[*number].name;
                let _ = writeln!(
                    body,
                    "<rect x=\"{x:.0}\" y=\"{:.0}\" width=\"12\" height=\"3\" fill=\"{}\"/>",
                    y - 5.0,
                    self.color(*number)
                );
                text(body, "legend", x + 17.0, y, name);
                x += legend_width(name);
            }
            y += 16.0;
        }
    }
}

fn legend_width(name: &str) -> f64 {
    30.0 + 6.0 * f64::from(name.chars().count() as u32)
}

/// Puts every line upon the one before it.
fn stack(lines: &mut [Line]) {
    for number in 1..lines.len() {
        let below = lines[number - 1].points.clone();
        for (at, value) in &mut lines[number].points {
            let under = below.iter().rfind(|(when, _)| when <= at);
            *value += under.map_or(0.0, |(_, value)| *value);
        }
    }
}

/// A colour by its name in Grafana.
pub(super) fn hex(name: &str) -> &'static str {
    match name {
        "green" => PALETTE[0],
        "red" => "#f2495c",
        "orange" => "#ff9830",
        other => panic!("{other} is no colour that is known here"),
    }
}

/// The first of Grafana's classic palette, for dark backgrounds.
const PALETTE: [&str; 14] = [
    "#73bf69", "#fade2a", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff", "#ffa6b0",
    "#96d98d", "#e0b400", "#1f60c4", "#ff780a", "#c4162a", "#ca95e5",
];
