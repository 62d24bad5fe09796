//! Random operations: a search as of any commit finds what a look at every body as of that commit finds.
//!
//! Invariant: the model knows nothing of indexes; it looks at bodies one by one.

mod model;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use self::model::{Past, World};
use crate::Record;
use crate::clock::Written;
use crate::log::{At, T};
use crate::proposal::{Change, Proposal};
use crate::search::Page;
use crate::store::Place;
use crate::tests::suite::{
    Ground, NOON_MS, commit, found, grounds, operator, query, runtime, update,
};

const TYPES: [&str; 6] = [
    "Patient",
    "Observation",
    "Encounter",
    "Organization",
    "Practitioner",
    "List",
];

/// One change of one of few resources: which, and what decides its facts. Without facts it is deleted.
type Write = (u8, u8, Option<[u8; 6]>);

fn write() -> impl Strategy<Value = Write> {
    let of = prop_oneof![3 => Just(0_u8), 5 => Just(1_u8), 2 => Just(2_u8), 2 => Just(3_u8), 1 => Just(4_u8), 1 => Just(5_u8)];
    let facts = proptest::array::uniform6(0..12_u8);
    (of, 0..4_u8, proptest::option::weighted(0.85, facts))
}

/// A search: which of `SEARCHES`, what its places are filled with, and as of which of the commits.
type Asked = (usize, [u8; 3], u8);

/// `{p}` an id, `{c}` a code, `{d}` a date, `{n}` a number, `{w}` the beginning of a name.
const SEARCHES: &[&str] = &[
    "Observation",
    "Observation?code=urn:c|{c}",
    "Observation?code={c},x{c}",
    "Observation?code:not={c}",
    "Observation?code=urn:c|",
    "Observation?code:text={w}",
    "Observation?patient={p}",
    "Observation?patient={p}&code={c}",
    "Observation?subject=Patient/{p},Patient/p1",
    "Observation?subject:missing=true",
    "Observation?patient:missing=false",
    "Observation?date=ge{d}",
    "Observation?date={d}",
    "Observation?date=lt{d}&code={c}",
    "Observation?date=ap{d}",
    "Observation?date=ne{d}",
    "Observation?date=sa{d}",
    "Observation?date=eb{d}",
    "Observation?date:missing=true",
    "Observation?value-quantity=ge{n}",
    "Observation?value-quantity={n}||mg",
    "Observation?value-quantity=ap{n}&patient={p}",
    "Observation?value-quantity:missing=true",
    "Observation?code-value-quantity={c}$gt{n}",
    "Observation?component-code-value-quantity={c}$le{n}",
    "Observation?combo-code-value-quantity={c}$le{n}",
    "Observation?combo-code={c}",
    "Observation?performer:identifier=urn:g|{n}",
    "Observation?patient.name={w}",
    "Observation?patient.gender:not=male",
    "Observation?patient.organization.name={w}",
    "Observation?subject.organization.partof.name={w}",
    "Observation?patient.birthdate=lt{d}&code={c}",
    "Observation?encounter.status=finished",
    "Observation?encounter.patient={p}",
    "Observation?performer.name={w}",
    "Observation?_filter=code eq {c} or patient.name sw {w}",
    "Observation?_filter=not (code eq {c}) and value-quantity gt {n}",
    "Observation?_filter=patient[gender eq male].name sw {w}",
    "Observation?_filter=code ne {c} and date pr true",
    "Observation?_filter=component-code-value-quantity eq {c}$le{n} or code eq {c}",
    "Observation?_id:not=p1",
    "Observation?_list=p0,p1",
    "Observation?_sort=date",
    "Observation?_sort=-date&patient={p}",
    "Observation?_sort=-date&code={c}",
    "Observation?_sort=value-quantity,-date",
    "Observation?_sort=-_lastUpdated",
    "Observation?_sort=patient,code",
    "Observation?_sort=-date&patient.name={w}",
    "Observation?_lastUpdated=ge2026-11-22T09:30:0{n}Z",
    "Patient?name={w}",
    "Patient?family:exact=Name{n}",
    "Patient?family:contains={w}",
    "Patient?phonetic={w}",
    "Patient?identifier=urn:n|{n}",
    "Patient?identifier:of-type=urn:v2|MR|{n}",
    "Patient?gender=male&birthdate=ge{d}",
    "Patient?organization={p}",
    "Patient?organization:missing=true",
    "Patient?organization:below={p}",
    "Patient?organization:above={p}",
    "Patient?organization.name={w}",
    "Patient?organization.partof.name={w}",
    "Patient?_has:Observation:patient:code={c}",
    "Patient?_has:Observation:subject:code-value-quantity={c}$gt{n}",
    "Patient?_has:Observation:patient:component-code-value-quantity={c}$gt{n}",
    "Patient?_has:Observation:patient:_has:List:item:_id=p1",
    "Patient?_has:Encounter:patient:status=finished",
    "Patient?_has:Observation:patient:date=lt{d}&gender=male",
    "Patient?_has:Patient:link:name={w}",
    "Patient?_list={p}",
    "Patient?_content={w}",
    "Patient?_text=fever",
    "Patient?_filter=name co {w} and not (_has:Observation:patient:code eq {c})",
    "Patient?_filter=family ew {n} or birthdate lt {d}",
    "Patient?_sort=family,-birthdate",
    "Patient?_sort=-organization",
    "Patient?_tag=urn:t|{c}",
    "Encounter?patient={p}&status=finished",
    "Encounter?patient.name={w}",
    "Encounter?_has:Observation:encounter:code={c}",
    "Encounter?subject:Patient.organization={p}",
    "Encounter?date=ge{d}",
    "Encounter?_sort=-date,status",
    "Organization?partof={p}",
    "Organization?partof:below={p}",
    "Organization?_has:Patient:organization:gender=male",
    "Organization?_has:Organization:partof:_has:Patient:organization:name={w}",
    "Organization?name:contains={n}",
    "Practitioner?_has:Observation:performer:code={c}",
    "Practitioner?_has:Observation:performer:patient.name={w}",
];

fn filled(template: &str, [a, b, c]: [u8; 3]) -> String {
    template
        .replace("{p}", &format!("p{}", a % 4))
        .replace("{c}", &format!("c{}", b % 3))
        .replace("{d}", &format!("2026-01-0{}", 1 + c % 9))
        .replace("{n}", &(a % 10).to_string())
        .replace("{w}", ["name", "name1", "Nam", "name2"][usize::from(c % 4)])
}

fn reference(of: &str, id: u8) -> Value {
    json!({ "reference": format!("{of}/p{}", id % 4) })
}

/// A resource under construction: facts are put into it or left out.
struct Facts(Value);

impl Facts {
    fn put(&mut self, wanted: bool, name: &str, value: Value) {
        if wanted {
            self.0[name] = value;
        }
    }
}

fn code(n: u8) -> Value {
    json!({ "coding": [{ "system": "urn:c", "code": format!("c{}", n % 3) }], "text": format!("Name {}", n % 4) })
}

fn amount(n: u8) -> Value {
    json!({ "value": n, "unit": "mg", "code": "mg", "system": "http://unitsofmeasure.org" })
}

/// A resource of a type, its facts decided by six small numbers; some are left out.
fn body(of: &str, id: &str, numbers: [u8; 6]) -> Value {
    let mut facts = Facts(json!({ "resourceType": of, "id": id }));
    match of {
        "Patient" => facts_of_patient(&mut facts, numbers),
        "Observation" => facts_of_observation(&mut facts, numbers),
        _ => other_facts(of, &mut facts, numbers),
    }
    facts.0
}

fn facts_of_patient(facts: &mut Facts, [a, b, c, d, e, f]: [u8; 6]) {
    facts.put(
        a > 2,
        "name",
        json!([{ "family": format!("Name{}", a % 4), "given": [format!("nam{b}")] }]),
    );
    facts.put(
            true,
            "identifier",
            json!([{ "system": "urn:n", "value": (b % 10).to_string(),
            "type": { "coding": [{ "system": "urn:v2", "code": if c > 5 { "MR" } else { "DL" } }] } }]),
        );
    facts.put(
        c > 3,
        "gender",
        json!(if c > 7 { "male" } else { "female" }),
    );
    facts.put(d > 2, "birthDate", json!(format!("2026-01-0{}", 1 + d % 9)));
    facts.put(e > 3, "managingOrganization", reference("Organization", e));
    facts.put(
        f > 8,
        "link",
        json!([{ "other": reference("Patient", f), "type": "seealso" }]),
    );
    facts.put(
            f < 3,
            "text",
            json!({ "status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\">fever and name</div>" }),
        );
    facts.put(
        f < 6,
        "meta",
        json!({ "tag": [{ "system": "urn:t", "code": format!("c{}", f % 3) }] }),
    );
}

fn facts_of_observation(facts: &mut Facts, [a, b, c, d, e, f]: [u8; 6]) {
    facts.put(true, "status", json!("final"));
    facts.put(true, "code", code(a));
    let subject = if b == 11 {
        reference("Location", b)
    } else {
        reference("Patient", b)
    };
    facts.put(b > 1, "subject", subject);
    facts.put(
        c > 3,
        "effectiveDateTime",
        json!(format!("2026-01-0{}", 1 + c % 9)),
    );
    facts.put(
        c == 3,
        "effectivePeriod",
        json!({ "start": "2026-01-03", "end": format!("2026-01-0{}", 4 + d % 5) }),
    );
    // A component may not have the code of an Observation with a value of its own (obs-7).
    facts.put(d > 2 && e >= 4, "valueQuantity", amount(d));
    facts.put(e > 6, "encounter", reference("Encounter", e));
    facts.put(
        f > 6,
        "performer",
        json!([reference("Practitioner", f), reference("Patient", f / 2)]),
    );
    facts.put(
        f < 3,
        "performer",
        json!([{ "identifier": { "system": "urn:g", "value": (d % 10).to_string() } }]),
    );
    facts.put(
            e < 4,
            "component",
            json!([{ "code": code(e), "valueQuantity": amount(f) }, { "code": code(e + 1), "valueQuantity": amount(d) }]),
        );
}

fn other_facts(of: &str, facts: &mut Facts, [a, b, c, ..]: [u8; 6]) {
    match of {
        "Encounter" => {
            facts.put(
                true,
                "status",
                json!(if a > 5 { "finished" } else { "planned" }),
            );
            facts.put(true, "class", json!({ "code": "AMB" }));
            facts.put(b > 2, "subject", reference("Patient", b));
            facts.put(
                c > 4,
                "period",
                json!({ "start": format!("2026-01-0{}", 1 + c % 9) }),
            );
        }
        "Organization" => {
            facts.put(true, "name", json!(format!("Name{}", a % 4)));
            facts.put(b > 5, "partOf", reference("Organization", b));
        }
        "Practitioner" => facts.put(
            true,
            "name",
            json!([{ "family": format!("Name{}", a % 4) }]),
        ),
        "Location" => facts.put(true, "name", json!("Name")),
        _ => {
            facts.put(true, "status", json!("current"));
            facts.put(true, "mode", json!("working"));
            facts.put(
                true,
                "entry",
                json!([{ "item": reference("Patient", a) }, { "item": reference("Observation", b) }]),
            );
            facts.put(c > 5, "subject", reference("Patient", c));
        }
    }
}

fn change(world: &World, (of, id, facts): &Write) -> Option<Change> {
    let of = TYPES[usize::from(*of)];
    let id = format!("p{id}");
    let key = format!("{of}/{id}").parse().unwrap();
    match facts {
        Some(facts) => Some(update(&key, body(of, &id, *facts), None)),
        None => world
            .has(&key)
            .then_some(Change::Delete { key, seen: None }),
    }
}

async fn carry_out(record: &Record, clock: &Written, commits: &[Vec<Write>], asked: &[Asked]) {
    let mut world = World::default();
    let mut past: Vec<(T, World)> = Vec::new();
    let of = TYPES.iter().copied().chain(["Location"]);
    let all = of.flat_map(|of| (0..4).map(move |id| (of, format!("p{id}"))));
    let all = all.map(|(of, id)| {
        update(
            &format!("{of}/{id}").parse().unwrap(),
            body(of, &id, [0; 6]),
            None,
        )
    });
    for outcome in &commit(record, all.collect()).await.outcomes {
        world.take(&outcome.key, outcome.body.as_deref());
    }
    for writes in commits {
        let mut changes: Vec<Change> = Vec::new();
        let mut named = std::collections::HashSet::new();
        for write in writes {
            if named.insert((write.0, write.1))
                && let Some(change) = change(&world, write)
            {
                changes.push(change);
            }
        }
        if changes.is_empty() {
            continue;
        }
        clock.advance_ms(700);
        // What refers to something that was deleted is refused, and changes nothing.
        let proposal = Proposal::direct(changes);
        let Ok(receipt) = record.commit(&operator(record), proposal).await else {
            continue;
        };
        for outcome in &receipt.outcomes {
            world.take(&outcome.key, outcome.body.as_deref());
        }
        past.push((receipt.t, world.clone()));
    }
    for (search, fill, when) in asked {
        let Some((t, world)) = past.get(usize::from(*when) % past.len().max(1)) else {
            return;
        };
        let text = filled(SEARCHES[search % SEARCHES.len()], *fill);
        check(record, &text, *t, world).await;
    }
}

async fn check(record: &Record, text: &str, t: T, world: &World) {
    let query = query(text);
    let past = Past { world };
    let glue = if text.contains('?') { '&' } else { '?' };
    let whole = found(
        record,
        &format!("{text}{glue}_count=1000&_total=accurate"),
        &Page::First(At::Commit(t)),
    )
    .await;
    let in_order: Vec<String> = whole
        .matches
        .iter()
        .map(|stored| stored.key.to_string())
        .collect();
    let mut keys = in_order.clone();
    keys.sort();
    assert_eq!(keys, past.found(&query), "{text} at {t}");
    assert_eq!(whole.total, u64::try_from(keys.len()).ok(), "{text} at {t}");
    past.in_order(&query, &in_order);
    for stored in &whole.matches {
        assert_eq!(
            stored.body.as_deref(),
            past.body(&stored.key).as_deref(),
            "{text} at {t}"
        );
    }
    let (mut page, mut turned) = (Page::First(At::Commit(t)), Vec::new());
    loop {
        let next = found(record, &format!("{text}{glue}_count=3"), &page).await;
        turned.extend(next.matches.iter().map(|stored| stored.key.to_string()));
        match next.next {
            Some(cursor) => page = Page::Next(cursor),
            None => break,
        }
    }
    assert_eq!(turned, in_order, "{text} at {t}, turned page by page");
}

/// A place that nothing was written to yet.
fn fresh(ground: &Ground, case: u32) -> Place {
    match &ground.place {
        Place::Sqlite(folder) => Place::Sqlite(folder.with_file_name(format!("case{case}"))),
        Place::Postgres(_) => {
            Place::Postgres(ground._cluster.as_ref().unwrap().database().unwrap())
        }
    }
}

#[test]
fn a_search_as_of_t_is_a_look_at_the_bodies_as_of_t() {
    let runtime = runtime();
    for ground in grounds() {
        let cases = std::sync::atomic::AtomicU32::new(0);
        let mut runner = TestRunner::new(Config {
            cases: 10,
            max_shrink_iters: 30,
            failure_persistence: None,
            ..Config::default()
        });
        let commits = proptest::collection::vec(proptest::collection::vec(write(), 1..5), 1..16);
        let asked =
            proptest::collection::vec((0..SEARCHES.len(), any::<[u8; 3]>(), any::<u8>()), 110);
        runner
            .run(&(commits, asked), |(commits, asked)| {
                let case = cases.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                runtime.block_on(async {
                    let clock = std::sync::Arc::new(Written::at_ms(NOON_MS));
                    let record = Record::open(&fresh(&ground, case), clock.clone())
                        .await
                        .unwrap();
                    carry_out(&record, &clock, &commits, &asked).await;
                    record.close().await;
                });
                Ok(())
            })
            .unwrap_or_else(|error| panic!("on {}: {error}", ground.name));
    }
}
