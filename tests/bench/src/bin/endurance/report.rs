//! What a run came to.

use std::fmt;
use std::time::Duration;

use peergate_e2e::Fed;

use crate::feed::Lists;
use crate::judgement::{Growth, judge, keeps_vms};
use crate::memory::Sample;
use crate::policies::Policies;
use crate::tally::{Kept, Tally};

/// What a run came to.
pub(crate) struct Report {
    target: u64,
    answered: u64,
    elapsed: Duration,
    kept: Kept,
    policies: Policies,
    lists: Lists,
    growth: Option<Vec<Growth>>,
    keeps_vms: bool,
    /// How many VMs have failed, and streams that Envoy has ended for that.
    traps: u64,
    is_whole: bool,
}

impl Report {
    /// Of a run that is over.
    pub(crate) fn new(
        fed: &Fed,
        tally: &Tally,
        samples: Vec<Sample>,
        policies: Policies,
        lists: Lists,
    ) -> Self {
        let stats = fed.gateway.envoy.stats("wasm").unwrap_or_default();
        let reloads = stats
            .iter()
            .filter(|(name, _)| name.contains(".vm_reload") || name.ends_with(".crash"));
        Self {
            target: tally.target(),
            answered: tally.answered(),
            elapsed: samples.last().map(|it| it.elapsed).unwrap_or_default(),
            kept: tally.keep().clone(),
            policies,
            lists,
            growth: judge(&samples, tally.target()),
            keeps_vms: keeps_vms(&samples, tally.target()),
            // Without stats there is no Envoy any more.
            traps: if stats.is_empty() { 1 } else { reloads.map(|(_, count)| count).sum() },
            is_whole: fed.gateway.is_whole(),
        }
    }

    /// Whether nothing has grown, trapped or been answered wrong, although policy and list changed.
    pub(crate) fn is_good(&self) -> bool {
        let has_grown = !self.growth.as_ref().is_some_and(|all| all.iter().all(Growth::is_none));
        self.answered >= self.target
            && self.policies.taken > 0
            && self.lists.changes > 0
            && self.kept.wrong.is_empty()
            && self.is_whole
            && self.traps == 0
            && self.keeps_vms
            && !has_grown
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pace = self.answered as f64 / self.elapsed.as_secs_f64().max(0.001);
        writeln!(
            f,
            "\n{} requests in {:.0} s: {pace:.0} a second",
            self.answered,
            self.elapsed.as_secs_f64()
        )?;
        for ((kind, status), count) in &self.kept.kinds {
            writeln!(f, "  {kind:<24}{status:>5}{count:>12}")?;
        }
        let Kept { h1, connections, strangers, ended, lasted, wrong, .. } = &self.kept;
        writeln!(
            f,
            "{h1} over HTTP/1.1, the others over HTTP/2; {connections} connections of those who keep asking; {strangers} strangers with a certificate each"
        )?;
        writeln!(f, "{ended} long answers ended by the filter, {lasted} by their client")?;
        let (Policies { taken, refused }, Lists { changes, resets }) = (self.policies, self.lists);
        writeln!(
            f,
            "{taken} policies taken, {refused} broken ones refused; {changes} changes of the list, {resets} resets"
        )?;
        match &self.growth {
            None => writeln!(f, "too few samples")?,
            Some(all) => {
                writeln!(f, "\nMiB, medians          20-30 %    90-100 %")?;
                for growth in all {
                    let grown = if growth.is_none() { "" } else { "   it grows" };
                    let (before, after) = (mebibytes(growth.before), mebibytes(growth.after));
                    writeln!(f, "  {:<18}{before:>9.2}{after:>12.2}{grown}", growth.what)?;
                }
            }
        }
        if !self.keeps_vms {
            writeln!(f, "there are more VMs than after the warm-up")?;
        }
        if !self.is_whole || self.traps > 0 {
            writeln!(f, "a VM has failed ({} counted): see Envoy's log", self.traps)?;
        }
        for wrong in wrong {
            writeln!(f, "wrong: {wrong}")?;
        }
        writeln!(f, "{}", if self.is_good() { "good" } else { "not good" })
    }
}

/// A sample in one line.
pub(crate) fn row(sample: &Sample) -> String {
    let guests = sample.guests;
    let [resident, allocated, heap, size, used] =
        [sample.resident, sample.allocated, sample.heap, guests.size, guests.resident]
            .map(mebibytes);
    format!(
        "{:>10} {:>6.0} {resident:>9.1} {allocated:>10.1} {heap:>7.1} {size:>9.2} {used:>9.2} {:>9} {:>4}",
        sample.requests,
        sample.elapsed.as_secs_f64(),
        guests.count,
        sample.vms,
    )
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// What stands above the samples.
pub(crate) const HEAD: &str = "\
MiB: of the process resident, allocated by Envoy, its heap; of all guests linear memory, resident of it
  requests      s  resident  allocated    heap    linear  resident  memories  VMs
";
