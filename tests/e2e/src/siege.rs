//! Strangers in numbers, each with a certificate of its own, while clients that are let in go on asking.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use peergate_lab::client::load::{self, Report};
use peergate_lab::client::{Client, Request};
use peergate_lab::envoy::Cpu;
use peergate_lab::pki::{Authority, CertificateDer, Charter, Identity, Leaf, crowd};
use serde_json::{Value, json};

use crate::gateway::Gateway;

/// Friends, strangers, and a policy that tells them apart.
pub struct Siege {
    server: Authority,
    root: Authority,
    friends: [Identity; 2],
    strangers: Vec<Identity>,
    junk: Vec<CertificateDer<'static>>,
}

/// How it went for those who are let in.
#[derive(Debug, Default)]
pub struct Peace {
    /// How long each answer took, in order.
    latencies: Vec<Duration>,
    /// How many requests were not answered with 200.
    pub refused: usize,
}

/// What a flood came to.
#[derive(Debug)]
pub struct Course {
    /// The answers to the friends.
    pub friends: Peace,
    /// The answers to the strangers.
    pub strangers: Report,
    /// Processor time that Envoy spent meanwhile.
    pub cpu: Cpu,
    /// Envoy's resident memory before, at most, and after, in bytes.
    pub resident: [u64; 3],
}

impl Siege {
    /// Makes this many strangers. Each is issued under a listed authority's name and key identifier, so
    /// that only signatures tell it from a friend; every second one presents 200 certificates between,
    /// which names lead over as well.
    pub fn new(strangers: usize) -> Self {
        let root = Authority::new("corporate root");
        let issuing = root.subordinate(Charter::new("corporate issuing").path_length(0));
        let (false_root, false_issuing) = (root.impostor(), issuing.impostor());
        let junk = || false_root.cross_sign(&false_issuing).certificate().clone();
        let direct = false_root.issue_many(crowd(strangers.div_ceil(2)));
        let indirect = false_issuing.issue_many(crowd(strangers / 2)).map(Some);
        let pairs = direct.zip(indirect.chain(std::iter::once(None)));
        Self {
            server: Authority::new("server authority"),
            friends: [root.issue(Leaf::client("alice")), issuing.issue(Leaf::client("carol"))],
            strangers: pairs.flat_map(|(one, other)| [Some(one), other]).flatten().collect(),
            junk: std::iter::repeat_with(junk).take(200).collect(),
            root,
        }
    }

    /// `/authority` admits by the root's name, `/pinned` by pins alone, `/open` everybody.
    pub fn policy(&self) -> Value {
        let pins = self.friends.iter().map(|friend| json!({ "sha256": friend.fingerprint() }));
        let api =
            |name: &str| json!({ "name": name, "match": { "path_prefix": format!("/{name}") } });
        let (mut authority, mut pinned, mut open) = (api("authority"), api("pinned"), api("open"));
        for (api, list) in [(&mut authority, "corporate"), (&mut pinned, "pins")] {
            api["certificate"] = json!({ "allow": [list] });
            api["policy"] = "mandatory".into();
        }
        open["policy"] = "open".into();
        json!({
            "version": 1,
            "lists": {
                "corporate": { "entries": [{ "ca": self.root.identity().certificate_pem() }] },
                "pins": { "entries": pins.collect::<Vec<_>>() },
            },
            "apis": [authority, pinned, open],
            "forward": { "identity": "x-client-identity" },
        })
    }

    /// An Envoy of one worker with that policy.
    pub fn gateway(&self) -> Gateway {
        Gateway::start_under("1.40.0", &self.server, &self.policy(), |_| {})
    }

    /// Lets the friends ask for a while.
    pub async fn peace(&self, gateway: &Gateway, duration: Duration) -> Peace {
        let (is_over, mut most) = (AtomicBool::new(false), 0);
        let end = async {
            tokio::time::sleep(duration).await;
            is_over.store(true, Ordering::Relaxed);
        };
        let watch = watch(gateway, &mut most, &is_over);
        tokio::join!(self.keep_asking(gateway, &is_over), watch, end).0
    }

    /// Sends every stranger to a path, so many at a time, while the friends ask.
    pub async fn flood(&self, gateway: &Gateway, path: &str, concurrency: usize) -> Course {
        let before = gateway.envoy.resident().expect("memory");
        let cpu = gateway.envoy.cpu().expect("times");
        let (is_over, mut most) = (AtomicBool::new(false), before);
        let strangers = async {
            let report = self.send(gateway, path, 0..self.strangers.len(), concurrency).await;
            is_over.store(true, Ordering::Relaxed);
            report
        };
        let watched = watch(gateway, &mut most, &is_over);
        let (friends, strangers, ()) =
            tokio::join!(self.keep_asking(gateway, &is_over), strangers, watched);
        let cpu = gateway.envoy.cpu().expect("times").since(cpu);
        let after = gateway.envoy.resident().expect("memory");
        Course { friends, strangers, cpu, resident: [before, most.max(after), after] }
    }

    /// What strangers of one kind cost Envoy, in user time each: to come for the first time, and to ask
    /// again over a connection that stays open.
    pub async fn cost(&self, gateway: &Gateway, path: &str, has_junk: bool) -> [Duration; 2] {
        let user = || gateway.envoy.cpu().expect("times").user;
        let of_the_kind = (usize::from(has_junk)..self.strangers.len()).step_by(2).take(2000);
        let before = user();
        let came = self.send(gateway, path, of_the_kind, 4).await.requests;
        let coming = user().saturating_sub(before).div_f64(came.max(1) as f64);

        let client = self.stranger(gateway, usize::from(has_junk));
        let (request, time) = (Request::get("localhost", path), Duration::from_secs(3));
        let before = user();
        let report = load::run(&client, gateway.address(), &request, 4, time).await;
        let asked = report.expect("connections").requests;
        let asking = user().saturating_sub(before).div_f64(asked.max(1) as f64);
        gateway.upstream.forget();
        [coming, asking]
    }

    /// Lets strangers connect and ask once each, so many at a time.
    async fn send(
        &self,
        gateway: &Gateway,
        path: &str,
        numbers: impl IntoIterator<Item = usize>,
        concurrency: usize,
    ) -> Report {
        let request = Request::get("localhost", path).header("connection", "close");
        let clients = numbers.into_iter().map(|number| self.stranger(gateway, number));
        load::handshakes(clients, gateway.address(), &request, concurrency).await
    }

    /// Every second one presents more than is his.
    fn stranger(&self, gateway: &Gateway, number: usize) -> Client {
        let junk = if number.is_multiple_of(2) { &[][..] } else { &self.junk };
        gateway.client(Some(&self.strangers[number].presenting(junk)))
    }

    /// Asks over four connections of each friend, every few milliseconds.
    async fn keep_asking(&self, gateway: &Gateway, is_over: &AtomicBool) -> Peace {
        let [alice, carol] = self.friends.each_ref().map(|friend| gateway.client(Some(friend)));
        let one = |client| ask(client, gateway, is_over);
        let [a, b, c, d] = [&alice; 4].map(one);
        let [e, f, g, h] = [&carol; 4].map(one);
        let (a, b, c, d, e, f, g, h) = tokio::join!(a, b, c, d, e, f, g, h);
        let mut all = Peace::default();
        for part in [a, b, c, d, e, f, g, h] {
            all.refused += part.refused;
            all.latencies.extend(part.latencies);
        }
        all.latencies.sort_unstable();
        all
    }
}

impl Peace {
    /// How many requests were sent.
    pub fn requests(&self) -> usize {
        self.latencies.len()
    }

    /// The latency that this share of the answers did not exceed.
    pub fn percentile(&self, share: f64) -> Duration {
        let rank = (share * self.latencies.len() as f64).ceil() as usize;
        self.latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

async fn ask(client: &Client, gateway: &Gateway, is_over: &AtomicBool) -> Peace {
    let mut h1 = client.h1(gateway.address()).await.expect("a connection");
    let request = Request::get("localhost", "/authority");
    let mut peace = Peace::default();
    while !is_over.load(Ordering::Relaxed) {
        let start = Instant::now();
        let answer = h1.send(&request).await.expect("an answer on a connection that stays open");
        peace.latencies.push(start.elapsed());
        if answer.status != 200 {
            peace.refused += 1;
        }
        tokio::time::sleep(PAUSE).await;
    }
    peace
}

/// Looks at Envoy's memory until it is over, and lets the upstream forget.
async fn watch(gateway: &Gateway, most: &mut u64, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        *most = gateway.envoy.resident().expect("memory").max(*most);
        gateway.upstream.forget();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

const PAUSE: Duration = Duration::from_millis(3);
