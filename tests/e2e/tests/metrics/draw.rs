//! The dashboard as a drawing: every panel where the dashboard has it, with what its own queries came to.

mod axis;
mod plot;
mod unit;

use std::fmt::Write;
use std::time::Duration;

use self::plot::Plot;
use crate::dashboard::{Dashboard, Panel};
use crate::figures::Figures;
use crate::prometheus::Prometheus;

/// Draws all panels of the last so many seconds.
pub(crate) async fn draw(
    dashboard: &Dashboard,
    prometheus: &Prometheus,
    job: &str,
    length: Duration,
) -> String {
    let mut body = String::new();
    let mut height = 0.0_f64;
    for panel in dashboard.all() {
        let place = Place::of(&panel);
        height = height.max(place.y + place.height);
        if panel.kind() == "row" {
            text(&mut body, "row", place.x + 2.0, place.y + 19.0, &format!("▾ {}", panel.title()));
            continue;
        }
        let figures = panel.figures(prometheus, job, length).await;
        frame(&mut body, &panel, &place);
        match panel.kind() {
            "stat" => stat(&mut body, &panel, &place, &figures),
            "table" => table(&mut body, &place, &figures),
            _ => Plot::new(&panel, &place, figures, length).draw(&mut body),
        }
    }
    let width = COLUMN * 24.0 + GAP;
    let height = height + GAP;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
         <title>{CAPTION}</title>\n<style>{STYLE}</style>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#111217\"/>\n{body}</svg>\n"
    )
}

/// Where a panel is, in the drawing's own units.
#[derive(Clone, Copy, Debug)]
struct Place {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Place {
    fn of(panel: &Panel<'_>) -> Self {
        let cells = |name: &str| panel.0["gridPos"][name].as_f64().expect("a place");
        Self {
            x: cells("x") * COLUMN + GAP,
            y: cells("y") * ROW + GAP,
            width: cells("w") * COLUMN - GAP,
            height: cells("h") * ROW - GAP,
        }
    }
}

fn frame(body: &mut String, panel: &Panel<'_>, place: &Place) {
    let Place { x, y, width, height } = place;
    let _ = writeln!(
        body,
        "<rect class=\"panel\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"2\"/>"
    );
    text(body, "title", x + 9.0, y + 18.0, panel.title());
}

/// The last value, in the colour of its threshold.
fn stat(body: &mut String, panel: &Panel<'_>, place: &Place, figures: &Figures) {
    let defaults = &panel.0["fieldConfig"]["defaults"];
    let value = figures.lines.first().and_then(|line| line.last()).unwrap_or_default();
    let steps = defaults["thresholds"]["steps"].as_array().expect("steps");
    let reached = |step: &&serde_json::Value| step["value"].as_f64().is_none_or(|at| value >= at);
    let color = steps.iter().rfind(reached).expect("a step")["color"].as_str().expect("a colour");
    let shown = unit::shown(value, panel.unit(), defaults["decimals"].as_u64());
    let _ = writeln!(
        body,
        "<text class=\"stat\" x=\"{:.0}\" y=\"{:.0}\" fill=\"{}\">{shown}</text>",
        place.x + place.width / 2.0,
        place.y + place.height / 2.0 + 22.0,
        plot::hex(color)
    );
}

/// As many rows as there is room for.
fn table(body: &mut String, place: &Place, figures: &Figures) {
    let columns = ["api", "outcome", "reason", "requests"];
    let at = |column: usize| place.x + 12.0 + place.width / 4.0 * f64::from(column as u32);
    let mut y = place.y + 42.0;
    for (column, name) in columns.iter().enumerate() {
        text(body, "head", at(column), y, name);
    }
    for line in &figures.lines {
        y += 20.0;
        if y > place.y + place.height - 8.0 {
            break;
        }
        let value = unit::shown(line.last().unwrap_or_default(), "short", Some(0));
        let cells = columns.iter().map(|name| line.labels.get(*name).unwrap_or(&value));
        for (column, cell) in cells.enumerate() {
            text(body, "cell", at(column), y, cell);
        }
    }
}

fn text(body: &mut String, class: &str, x: f64, y: f64, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(body, "<text class=\"{class}\" x=\"{x:.0}\" y=\"{y:.0}\">{text}</text>");
}

const CAPTION: &str = "The dashboard's panels, drawn from their own queries to a real Prometheus";

const STYLE: &str = "text{font:11px Inter,system-ui,sans-serif}.title,.row,.cell,.legend{fill:#ccccdc}\
    .panel{fill:#181b1f;stroke:#2d2f36}.title{font-size:12px;font-weight:500}\
    .row{font-size:14px;font-weight:500}.axis,.head{fill:#9a9ba5}.end{text-anchor:end;fill:#9a9ba5}\
    .middle{text-anchor:middle;fill:#9a9ba5}.stat{font-size:26px;font-weight:500;text-anchor:middle}\
    .grid{stroke:#2d2f36}.line{fill:none;stroke-width:1.4}.dash{stroke-dasharray:5 4}";

const COLUMN: f64 = 50.0;
const ROW: f64 = 29.0;
const GAP: f64 = 8.0;
