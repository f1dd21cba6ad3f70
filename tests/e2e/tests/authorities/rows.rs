//! Who asks, and what is said to them: the same on every Envoy.

use peergate_lab::pki::{Authority, Charter, Identity, KeyUsage, Leaf, Usage, decoy, twin};

use super::company::{Company, staff};

/// One client at one path.
pub(crate) struct Row {
    pub(crate) who: &'static str,
    pub(crate) identity: Identity,
    pub(crate) path: &'static str,
    pub(crate) verdict: &'static str,
}

/// Every row.
pub(crate) fn rows(company: &Company) -> Vec<Row> {
    let mut rows = admitted(company);
    rows.extend(leaves(company));
    rows.extend(issuers(company));
    rows.extend(decoys(company));
    rows.extend(denied(company));
    rows
}

fn row(who: &'static str, identity: &Identity, path: &'static str, verdict: &'static str) -> Row {
    Row { who, identity: identity.clone(), path, verdict }
}

/// Those who pass, and the same where they do not.
fn admitted(company: &Company) -> Vec<Row> {
    let deep = company.corporate.descend(2).issue(staff("deep"));
    let mut reversed = deep.clone();
    reversed.chain.reverse();
    // Another than Carol, of whom the path would be remembered.
    let erin = company.issuing.issue(staff("erin"));
    let bare = erin.without_chain();
    let operator = Leaf::client("operator").uri("spiffe://corp.example/operations/7");
    let operator = company.corporate.issue(operator);
    vec![
        row("staff", &company.alice, "/corporate", "allowed"),
        row("staff at another's", &company.alice, "/partner", "certificate_not_allowed"),
        row("the partner's", &company.bob, "/partner", "allowed"),
        row("the partner's at another's", &company.bob, "/corporate", "certificate_not_allowed"),
        row("by an intermediate", &company.carol, "/corporate", "allowed"),
        row("without the intermediate", &bare, "/corporate", "certificate_not_allowed"),
        row("who sends it after all", &erin, "/corporate", "allowed"),
        row("with the entry's intermediate", &bare, "/helped", "allowed"),
        row("with both", &company.carol, "/helped", "allowed"),
        row("by two intermediates", &deep, "/corporate", "allowed"),
        row("those in another order", &reversed, "/corporate", "allowed"),
        row("of the names asked for", &operator, "/operations", "allowed"),
        row("of other names", &company.alice, "/operations", "certificate_not_allowed"),
    ]
}

/// What is wrong with a leaf.
fn leaves(company: &Company) -> Vec<Row> {
    let issue = |leaf: Leaf| company.corporate.issue(leaf);
    let impostors = company.corporate.impostor();
    let old_impostor = impostors.issue(staff("alice").expired());
    let odd = issue(staff("alice").uri("spiffe://corp.example/staff/root"));
    vec![
        row("expired", &issue(staff("a").expired()), "/corporate", "certificate_expired"),
        row(
            "not yet valid",
            &issue(staff("a").not_yet_valid()),
            "/corporate",
            "certificate_not_yet_valid",
        ),
        row("expired, an impostor's", &old_impostor, "/corporate", "chain_invalid"),
        row(
            "for servers",
            &issue(staff("a").usages(&[Usage::Server])),
            "/corporate",
            "chain_invalid",
        ),
        row(
            "for both",
            &issue(staff("a").usages(&[Usage::Server, Usage::Client])),
            "/corporate",
            "allowed",
        ),
        row("for nothing in particular", &issue(staff("a").usages(&[])), "/corporate", "allowed"),
        row("of no name", &issue(Leaf::client("a")), "/corporate", "certificate_not_allowed"),
        row("of two names", &odd, "/corporate", "certificate_not_allowed"),
        row(
            "not understood",
            &issue(staff("a").unknown_critical_extension()),
            "/corporate",
            "chain_invalid",
        ),
        row("an authority", &issue(staff("a").ca_bit()), "/corporate", "chain_invalid"),
        row(
            "by itself",
            &Identity::self_signed(staff("alice")),
            "/corporate",
            "certificate_not_allowed",
        ),
        row(
            "by itself, named as the authority",
            &Identity::self_signed(
                Leaf::client("corporate root").uri("spiffe://corp.example/staff/alice"),
            ),
            "/corporate",
            "certificate_not_allowed",
        ),
    ]
}

/// What is wrong with an issuer.
fn issuers(company: &Company) -> Vec<Row> {
    let corporate = &company.corporate;
    let below = |charter: Charter| corporate.subordinate(charter).issue(staff("a"));
    let narrow = corporate.subordinate(Charter::new("narrow").permitted_dns("corp.example"));
    let outside = narrow.issue(staff("a").dns("evil.example"));
    let inside = narrow.issue(staff("a").dns("a.corp.example"));
    let too_deep = company.issuing.subordinate("below").issue(staff("a"));
    let by_staff = {
        // Alice signs as if she were an authority.
        let alice = corporate.subordinate(
            Charter::new("alice").without_ca_bit().key_usage(&[KeyUsage::DigitalSignature]),
        );
        alice.issue(staff("root"))
    };
    let namesake = Authority::new("corporate root").issue(staff("alice"));
    let impostor = corporate.impostor().issue(staff("alice"));
    let by_impostor = company.issuing.impostor().issue(staff("carol"));
    let by_impostor = by_impostor.presenting([company.issuing.certificate()]);
    vec![
        row("an impostor's", &impostor, "/corporate", "chain_invalid"),
        row("a namesake's", &namesake, "/corporate", "certificate_not_allowed"),
        row("an impostor's below", &by_impostor, "/corporate", "chain_invalid"),
        row("by staff", &by_staff, "/corporate", "chain_invalid"),
        row(
            "by no authority",
            &below(Charter::new("b").without_ca_bit()),
            "/corporate",
            "chain_invalid",
        ),
        row(
            "by who knows",
            &below(Charter::new("b").without_basic_constraints()),
            "/corporate",
            "chain_invalid",
        ),
        row(
            "by who may not sign",
            &below(Charter::new("b").key_usage(&[KeyUsage::CrlSign])),
            "/corporate",
            "chain_invalid",
        ),
        row(
            "by one for servers",
            &below(Charter::new("b").usages(&[Usage::Server])),
            "/corporate",
            "chain_invalid",
        ),
        row(
            "by an expired one",
            &below(Charter::new("b").expired()),
            "/corporate",
            "chain_invalid",
        ),
        row(
            "by one to come",
            &below(Charter::new("b").not_yet_valid()),
            "/corporate",
            "chain_invalid",
        ),
        row("too deep", &too_deep, "/corporate", "chain_invalid"),
        row("inside its names", &inside, "/corporate", "allowed"),
        row("outside its names", &outside, "/corporate", "chain_invalid"),
    ]
}

/// Strangers who present more than is theirs.
fn decoys(company: &Company) -> Vec<Row> {
    let nobody = Identity::self_signed(staff("nobody"));
    let stranger = Identity::self_signed(staff("alice"));
    let impostor = company.corporate.impostor().issue(staff("alice"));
    let below = company.issuing.impostor().issue(staff("carol"));
    let [root, issuing, alice] = [
        company.corporate.certificate(),
        company.issuing.certificate(),
        &company.alice.certificate,
    ];
    let everything = stranger.presenting([alice, issuing, root]);
    vec![
        row(
            "its namesake's leaf sent along",
            &decoy(&stranger, alice),
            "/corporate",
            "chain_invalid",
        ),
        row(
            "a listed leaf sent along",
            &decoy(&nobody, alice),
            "/corporate",
            "certificate_not_allowed",
        ),
        row(
            "a listed authority sent along",
            &decoy(&stranger, root),
            "/corporate",
            "certificate_not_allowed",
        ),
        row(
            "an intermediate sent along",
            &decoy(&stranger, issuing),
            "/corporate",
            "certificate_not_allowed",
        ),
        row("all of them", &everything, "/corporate", "chain_invalid"),
        row("an impostor with the root", &decoy(&impostor, root), "/corporate", "chain_invalid"),
        row(
            "one below with all",
            &below.without_chain().presenting([issuing, root]),
            "/corporate",
            "chain_invalid",
        ),
        row(
            "the partner's with staff's",
            &decoy(&company.bob, alice),
            "/corporate",
            "certificate_not_allowed",
        ),
        row(
            "the partner's with all",
            &company.bob.presenting([issuing, root]),
            "/corporate",
            "certificate_not_allowed",
        ),
        row("staff with the root", &decoy(&company.alice, root), "/corporate", "allowed"),
        row(
            "staff with a stranger's",
            &decoy(&company.alice, &stranger.certificate),
            "/corporate",
            "allowed",
        ),
    ]
}

/// Deny lists hold whoever vouches, and however the signature is written.
fn denied(company: &Company) -> Vec<Row> {
    let (mallory, trudy) = (&company.mallory, &company.trudy);
    vec![
        row("denied by number", mallory, "/corporate", "certificate_denied"),
        row("denied by certificate", trudy, "/corporate", "certificate_denied"),
        row("written another way", &twin(mallory), "/corporate", "certificate_denied"),
        row("that one too", &twin(trudy), "/corporate", "certificate_denied"),
        row("as good as its original", &twin(&company.alice), "/corporate", "allowed"),
    ]
}
