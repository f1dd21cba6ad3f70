//! Measures what a flood of strangers does to clients that are let in: `scripts/flood`.
//!
//! The same strangers come to an API that admits by an authority, to one that knows pins alone, and to one
//! that is open, each time to a fresh Envoy of one worker. Exit status 0 only if no accepted client was
//! refused and every stranger got the answer that the policy has for it.

use std::process::ExitCode;
use std::time::Duration;

use peergate_e2e::{Course, Peace, Siege};

/// A path, and the reason that the strangers get there.
const FLOODS: [(&str, &str); 3] = [
    ("/open", "anonymous"),
    ("/pinned", "certificate_not_allowed"),
    ("/authority", "chain_invalid"),
];

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let read = |place, default| argument(&arguments, place, default);
    let (Ok(count), Ok(rounds), Ok(at_once)) = (read(0, 20_000), read(1, 2), read(2, 8)) else {
        eprintln!("usage: scripts/flood [STRANGERS [ROUNDS [AT_ONCE]]]");
        return ExitCode::from(2);
    };
    println!(
        "{count} strangers, {at_once} at once, each with a certificate of its own, every second with 200 more"
    );
    let siege = Siege::new(count);
    let mut all_right = true;
    for round in 1..=rounds {
        println!("\nround {round}");
        for (path, reason) in FLOODS {
            let gateway = siege.gateway();
            let before = siege.peace(&gateway, Duration::from_secs(5)).await;
            let course = siege.flood(&gateway, path, at_once).await;
            let after = siege.peace(&gateway, Duration::from_secs(5)).await;
            print(path, &before, &course, &after);
            let told = gateway.count(reason);
            println!("  strangers told `{reason}`: {told}");
            all_right &= told == count as u64 && course.strangers.failures == 0;
            all_right &= [&before, &course.friends, &after].iter().all(|it| it.refused == 0);
            all_right &= gateway.is_whole();
        }
    }
    println!("\nuser time that a stranger costs Envoy: who comes, and who stays and asks again");
    for (path, _) in FLOODS {
        let gateway = siege.gateway();
        for (who, has_junk) in [("alone", false), ("with 200 more", true)] {
            let [coming, asking] = siege.cost(&gateway, path, has_junk).await;
            let [coming, asking] = [coming, asking].map(|time| time.as_secs_f64() * 1e6);
            println!("  {path:<10} certificate {who:<13} {coming:>8.0} us {asking:>8.0} us");
        }
    }
    if all_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn argument(
    all: &[String],
    place: usize,
    default: usize,
) -> Result<usize, std::num::ParseIntError> {
    all.get(place).map_or(Ok(default), |text| text.parse())
}

fn print(path: &str, before: &Peace, course: &Course, after: &Peace) {
    println!("flood of {path}");
    for (when, peace) in [("before", before), ("during", &course.friends), ("after", after)] {
        let of = |share| peace.percentile(share).as_secs_f64() * 1e3;
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(of);
        println!(
            "  accepted clients {when:<6}: p50 {p50:>5.1} ms, p99 {p99:>5.1} ms, p99.9 {p999:>5.1} ms, {} requests, {} refused",
            peace.requests(),
            peace.refused,
        );
    }
    println!("  strangers: {}", course.strangers);
    let each = |time: Duration| time.as_secs_f64() * 1e6 / course.strangers.requests.max(1) as f64;
    let [before, most, after] = course.resident.map(|bytes| bytes as f64 / f64::from(1 << 20));
    println!(
        "  Envoy: {:.0} us of user time a stranger ({:.0} with the kernel's), the accepted clients' requests included",
        each(course.cpu.user),
        each(course.cpu.total()),
    );
    println!("  Envoy's memory: {before:.0} MiB before, {most:.0} at most, {after:.0} after");
}
