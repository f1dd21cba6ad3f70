//! Round numbers for an axis.

/// An axis from 0 to a round number, and what stands on it.
pub(super) struct Axis {
    pub(super) top: f64,
    pub(super) ticks: Vec<f64>,
}

impl Axis {
    /// One that has room for this value, with ticks at whole numbers if there is nothing between them.
    pub(super) fn up_to(most: f64, is_whole: bool) -> Self {
        let most = if most > 0.0 { most } else { 1.0 };
        let rough = most / 4.0;
        let power = 10_f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|factor| factor * power);
        let is_good = |step: &&f64| **step >= rough && (!is_whole || step.fract() == 0.0);
        let step = steps.iter().find(is_good).copied().unwrap_or(1.0);
        let count = (most / step - 1e-9).ceil();
        let ticks: Vec<f64> = (0..=count as u32).map(|tick| f64::from(tick) * step).collect();
        Self { top: count * step, ticks }
    }
}
