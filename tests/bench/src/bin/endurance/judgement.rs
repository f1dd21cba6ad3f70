//! Whether memory has grown.

use crate::memory::Sample;

/// What became of one figure after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Growth {
    /// Which figure.
    pub(crate) what: &'static str,
    /// What it was after the warm-up.
    pub(crate) before: u64,
    /// What it was at the end.
    pub(crate) after: u64,
}

impl Growth {
    /// Whether it is small enough to be none: at most 2 % and 4 MiB.
    pub(crate) fn is_none(&self) -> bool {
        self.after <= self.before + self.before / 50 + (4 << 20)
    }
}

/// Compares the median of the first tenth of a run after its warm-up, the first fifth, with the median of the last tenth:
/// one sample may meet a change of policy, when there are two. Nothing if there are too few samples.
pub(crate) fn judge(samples: &[Sample], target: u64) -> Option<Vec<Growth>> {
    let part = |from: u64, to: u64| {
        let within = move |it: &&Sample| {
            (target * from / 100..=target * to / 100).contains(&it.requests.min(target))
        };
        samples.iter().filter(within)
    };
    let figures: [Figure; 5] = [
        ("resident", |it| it.resident),
        ("allocated", |it| it.allocated),
        ("heap", |it| it.heap),
        ("guests", |it| it.guests.size),
        ("guests, resident", |it| it.guests.resident),
    ];
    figures
        .into_iter()
        .map(|(what, of)| {
            let before = median(part(20, 30).map(of))?;
            let after = median(part(90, 100).map(of))?;
            Some(Growth { what, before, after })
        })
        .collect()
}

/// A figure, and where it is.
type Figure = (&'static str, fn(&Sample) -> u64);

/// Whether the VMs are as many at the end as they were after the warm-up.
pub(crate) fn keeps_vms(samples: &[Sample], target: u64) -> bool {
    let mut settled = samples.iter().filter(|it| it.requests >= target / 5);
    let first = settled.next().map(|it| it.guests.count);
    let last = samples.last().map(|it| it.guests.count);
    first.is_some() && last <= first
}

fn median(figures: impl Iterator<Item = u64>) -> Option<u64> {
    let mut all: Vec<u64> = figures.collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guests::Guests;

    /// A run of fifty samples, with what the resident memory is after each per cent.
    fn run(resident: impl Fn(u64) -> u64) -> Vec<Sample> {
        let guests = Guests { count: 4, size: 8 << 20, resident: 4 << 20 };
        let sample = |share: u64| Sample {
            requests: share * 1_000,
            resident: resident(share),
            allocated: 50 << 20,
            heap: 60 << 20,
            guests,
            ..Sample::default()
        };
        (0..=50).map(|number| sample(number * 2)).collect()
    }

    fn resident(samples: &[Sample]) -> Growth {
        judge(samples, 100_000).unwrap()[0]
    }

    #[test]
    fn what_comes_with_the_warm_up_is_no_growth() {
        let growth = resident(&run(|share| if share < 20 { share << 20 } else { 200 << 20 }));
        assert!(growth.is_none(), "{growth:?}");
    }

    #[test]
    fn a_peak_is_no_growth() {
        let growth = resident(&run(|share| if share == 96 { 900 << 20 } else { 200 << 20 }));
        assert!(growth.is_none(), "{growth:?}");
    }

    #[test]
    fn a_leak_is_growth() {
        let growth = resident(&run(|share| (200 << 20) + share * (200 << 10)));
        assert!(!growth.is_none(), "{growth:?}");
    }

    #[test]
    fn the_limit_is_two_per_cent_and_four_mebibytes() {
        let growth = |after| Growth { what: "resident", before: 100 << 20, after };
        assert!(growth(106 << 20).is_none());
        assert!(!growth((106 << 20) + 1).is_none());
    }

    #[test]
    fn too_few_samples_are_no_answer() {
        assert_eq!(judge(&run(|_| 1)[..20], 100_000), None);
        assert_eq!(judge(&[], 100_000), None);
    }

    #[test]
    fn another_vm_is_one_too_many() {
        let mut samples = run(|_| 1);
        assert!(keeps_vms(&samples, 100_000));
        samples.last_mut().unwrap().guests.count += 1;
        assert!(!keeps_vms(&samples, 100_000));
        assert!(!keeps_vms(&[], 100_000));
    }
}
