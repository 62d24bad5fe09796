//! Subscribing over HTTP: what is taken, what is refused with which words, `$status`, `$events`, and a websocket with an
//! ordinary client.

use std::time::Duration;

use axum::http::StatusCode;
use futures_util::{SinkExt as _, StreamExt as _};
use record::subscription::delivery::{Lane, lease_of, shards};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{Api, on_both, patient};

const GUIDE: &str = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition";

fn subscription(criteria: &str, kind: &str) -> Value {
    let content =
        json!({ "url": format!("{GUIDE}/backport-payload-content"), "valueCode": "id-only" });
    json!({
        "resourceType": "Subscription", "status": "requested", "reason": "to know", "criteria": criteria,
        "channel": {
            "type": kind, "endpoint": "https://hooks.example.org/a",
            "payload": "application/fhir+json", "_payload": { "extension": [content] },
        },
    })
}

/// Counts the events of what has happened, and does what is due that needs no receiver.
async fn go_on(api: &Api) {
    let record = &api.door.record;
    record.count_events_once().await.unwrap();
    for lane in [Lane::Unproven, Lane::Proven] {
        for due in record
            .deliveries_due(shards().collect(), lane)
            .await
            .unwrap()
        {
            let lease = record.lease(&lease_of(due.shard())).await.unwrap().unwrap();
            record.letter(&due, &lease, "http://x/fhir").await.unwrap();
        }
    }
    record.count_events_once().await.unwrap();
}

async fn created(api: &Api, value: &Value) -> String {
    let said = api
        .ask("POST /fhir/Subscription", &[], value.to_string())
        .await;
    assert_eq!(said.status, StatusCode::CREATED, "{}", said.body);
    said.json()["id"].as_str().unwrap().to_owned()
}

/// What is done to a sound subscription.
type Edit = fn(&mut Value);

/// An edit, the place at fault, and words of what is said.
const REFUSED: &[(Edit, &str, &str)] = &[
    (
        |it| it["criteria"] = json!("urn:palatine:topic:weather"),
        "subscription.criteria",
        "there is no topic",
    ),
    (
        |it| it["criteria"] = json!("Weather?code=x"),
        "subscription.criteria",
        "not a fhir r4 resource type",
    ),
    (
        |it| it["criteria"] = json!("Patient?colour=red"),
        "subscription.criteria",
        "no search parameter",
    ),
    (
        |it| it["criteria"] = json!("Observation?patient.family=x"),
        "subscription.criteria",
        "chains",
    ),
    (
        |it| it["criteria"] = json!("Patient?_sort=family"),
        "subscription.criteria",
        "only conditions",
    ),
    (
        |it| it["criteria"] = json!("Patient?family=x"),
        "subscription.channel.type",
        "a websocket carries events of topics",
    ),
    (
        |it| it["channel"]["type"] = json!("email"),
        "subscription.channel.type",
        "rest-hook or websocket",
    ),
    (
        |it| it["status"] = json!("active"),
        "subscription.status",
        "send `requested`",
    ),
    (
        |it| it["status"] = json!("error"),
        "subscription.status",
        "send `requested`",
    ),
    (
        |it| it["channel"]["payload"] = json!("text/plain"),
        "subscription.channel.payload",
        "application/fhir+json",
    ),
    (
        |it| it["channel"]["_payload"]["extension"][0]["valueCode"] = json!("everything"),
        "subscription.channel.payload.extension",
        "empty, id-only or full-resource",
    ),
    (
        |it| hook(it, "file:///etc/passwd"),
        "subscription.channel.endpoint",
        "https://",
    ),
    (
        |it| hook(it, "https://"),
        "subscription.channel.endpoint",
        "names no host",
    ),
    (
        |it| hook(it, "https://me:hush@example.org/"),
        "subscription.channel.endpoint",
        "user or password",
    ),
    (
        |it| hook(it, "https://example.org/#part"),
        "subscription.channel.endpoint",
        "fragment",
    ),
    (
        |it| header(it, "Host: other"),
        "subscription.channel.header",
        "written by the server",
    ),
    (
        |it| header(it, "Content-Length: 0"),
        "subscription.channel.header",
        "written by the server",
    ),
    (
        |it| header(it, "X-A: a\r\nX-B: b"),
        "subscription.channel.header",
        "plain signs",
    ),
    (
        |it| header(it, "nothing"),
        "subscription.channel.header",
        "name: value",
    ),
    (
        |it| extension(it, "backport-timeout", 600),
        "subscription.channel.extension",
        "1 to 30 seconds",
    ),
    (
        |it| extension(it, "backport-heartbeat-period", 1),
        "subscription.channel.extension",
        "every 10 seconds",
    ),
    (
        |it| filter(it, "Encounter?patient=Patient/p"),
        "subscription.criteria.extension",
        "is about patient",
    ),
    (
        |it| filter(it, "Patient?family=x"),
        "subscription.criteria.extension",
        "not narrowed by `family`",
    ),
];

#[test]
fn what_cannot_be_counted_or_delivered_is_refused_with_its_place_and_what_to_write() {
    on_both(|api| async move {
        for (edit, place, words) in REFUSED {
            let mut value = subscription("urn:palatine:topic:patient-changed", "websocket");
            edit(&mut value);
            let said = api
                .ask("POST /fhir/Subscription", &[], value.to_string())
                .await;
            // What is well formed, and not taken here, is no bad request.
            let is_well_formed = ["not-supported", "business-rule"]
                .iter()
                .any(|code| said.body.contains(&format!("\"code\":\"{code}\"")));
            let expected = match is_well_formed {
                true => StatusCode::UNPROCESSABLE_ENTITY,
                false => StatusCode::BAD_REQUEST,
            };
            assert_eq!(said.status, expected, "{value}: {}", said.body);
            let found = said.words();
            assert!(
                found.contains(words) && found.contains(place),
                "{place}, {words}: {found}"
            );
        }
        for criteria in [
            "urn:palatine:topic:patient-changed",
            "urn:palatine:topic:result-available|1.0",
        ] {
            created(&api, &subscription(criteria, "websocket")).await;
        }
        created(
            &api,
            &subscription("Observation?code=http://loinc.org|2160-0", "rest-hook"),
        )
        .await;
    });
}

fn hook(it: &mut Value, endpoint: &str) {
    it["channel"]["type"] = json!("rest-hook");
    it["channel"]["endpoint"] = json!(endpoint);
}

fn header(it: &mut Value, line: &str) {
    it["channel"]["type"] = json!("rest-hook");
    it["channel"]["header"] = json!([line]);
}

fn extension(it: &mut Value, name: &str, number: u32) {
    it["channel"]["type"] = json!("rest-hook");
    it["channel"]["extension"] =
        json!([{ "url": format!("{GUIDE}/{name}"), "valueUnsignedInt": number }]);
}

fn filter(it: &mut Value, text: &str) {
    let filter = json!({ "url": format!("{GUIDE}/backport-filter-criteria"), "valueString": text });
    it["_criteria"] = json!({ "extension": [filter] });
}

#[test]
fn only_its_author_and_the_host_change_a_subscription_and_ask_for_its_events() {
    on_both(|api| async move {
        let mut narrowed = subscription("urn:palatine:topic:patient-changed", "websocket");
        filter(&mut narrowed, "Patient?_id=p1");
        let id = created(&api, &narrowed).await;
        let path = format!("/fhir/Subscription/{id}");
        go_on(&api).await;
        let read = api.get(&path).await.json();
        assert_eq!(read["status"], "active");
        api.put(patient("p1", "1")).await;
        api.put(patient("p2", "2")).await;
        api.put(json!({ "resourceType": "Patient", "id": "p1", "active": true }))
            .await;
        go_on(&api).await;
        let statuses = api.get("/fhir/Subscription/$status").await.json();
        assert_eq!(
            (&statuses["type"], &statuses["total"]),
            (&json!("searchset"), &json!(1))
        );
        let status = api.get(&format!("{path}/$status")).await.json();
        let parameters = status["entry"][0]["resource"]["parameter"]
            .as_array()
            .unwrap()
            .clone();
        let said = |name: &str| {
            parameters
                .iter()
                .find(|it| it["name"] == name)
                .unwrap()
                .clone()
        };
        assert_eq!(said("events-since-subscription-start")["valueString"], "2");
        assert_eq!(
            (&said("status")["valueCode"], &said("type")["valueCode"]),
            (&json!("active"), &json!("query-status"))
        );
        let events = api
            .get(&format!(
                "{path}/$events?eventsSinceNumber=2&content=full-resource"
            ))
            .await
            .json();
        assert_eq!(events["entry"].as_array().unwrap().len(), 2);
        assert_eq!(events["entry"][1]["resource"]["active"], true);
        assert_eq!(
            events["entry"][1]["request"],
            json!({ "method": "PUT", "url": "Patient/p1" })
        );
        let mut ended = read.clone();
        ended["status"] = json!("off");
        others_are_refused(&api, &path, &ended).await;
        let said = api.administrator(&format!("GET {path}"), "").await;
        assert_eq!(said.status, StatusCode::FORBIDDEN);
        let said = api
            .ask(&format!("PUT {path}"), &[], ended.to_string())
            .await;
        assert_eq!(said.status, StatusCode::OK, "{}", said.body);
        api.put(patient("p1", "3")).await;
        go_on(&api).await;
        let events = api
            .get(&format!("{path}/$events?eventsSinceNumber=3"))
            .await
            .json();
        assert_eq!(
            events["entry"].as_array().unwrap().len(),
            1,
            "what has ended counts no events"
        );
    });
}

/// Nobody else of their kind changes a subscription or is told of its events.
async fn others_are_refused(api: &Api, path: &str, ended: &Value) {
    let other = record::account::NewAccount {
        account: "other".to_owned(),
        name: "Somebody else".to_owned(),
        role: record::caller::Role::Clinician,
        site: "RXN".parse().unwrap(),
        password: super::PASSWORD.to_owned(),
        feed: None,
    };
    api.door.record.put_account(other).await.unwrap();
    let other = api
        .door
        .record
        .sign_in("other", super::PASSWORD)
        .await
        .unwrap()
        .token;
    for (line, body, status) in [
        (
            ("PUT", path.to_owned()),
            ended.to_string(),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            ("DELETE", path.to_owned()),
            String::new(),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            ("GET", format!("{path}/$events")),
            String::new(),
            StatusCode::FORBIDDEN,
        ),
        (
            ("GET", format!("{path}/$get-ws-binding-token")),
            String::new(),
            StatusCode::FORBIDDEN,
        ),
    ] {
        let said = api
            .as_whom(Some(&other), (line.0, &line.1), &[], body)
            .await;
        assert_eq!(said.status, status, "{line:?}: {}", said.body);
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What a client is given to open a websocket with.
async fn binding(api: &Api, id: &str, at: &str) -> Value {
    let line = format!("GET /fhir/Subscription/{id}/$get-ws-binding-token");
    api.ask(&line, &[("host", at)], "").await.json()
}

fn parameter(given: &Value, name: &str, value: &str) -> String {
    let all = given["parameter"].as_array().unwrap();
    let it = all.iter().find(|it| it["name"] == name).unwrap();
    it[value].as_str().unwrap().to_owned()
}

/// What comes next through a websocket.
async fn next(socket: &mut Socket) -> Message {
    let next = tokio::time::timeout(Duration::from_secs(20), socket.next()).await;
    next.unwrap().unwrap().unwrap()
}

/// The type of a notification, and the numbers of its events.
fn told(message: &Message) -> (String, Vec<String>) {
    let bundle: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
    let parameters = bundle["entry"][0]["resource"]["parameter"]
        .as_array()
        .unwrap();
    let kind = parameters.iter().find(|it| it["name"] == "type").unwrap();
    let events = parameters
        .iter()
        .filter(|it| it["name"] == "notification-event");
    let numbers = events.map(|it| it["part"][0]["valueString"].as_str().unwrap().to_owned());
    (
        kind["valueCode"].as_str().unwrap().to_owned(),
        numbers.collect(),
    )
}

#[test]
fn an_ordinary_client_is_told_through_a_websocket() {
    on_both(|api| async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(crate::serve(listener, api.door.clone(), async {
            drop(stopped.await)
        }));
        let id = created(
            &api,
            &subscription("urn:palatine:topic:patient-changed", "websocket"),
        )
        .await;
        go_on(&api).await;
        let given = binding(&api, &id, &at.to_string()).await;
        let parameter = |name: &str, value: &str| parameter(&given, name, value);
        let url = parameter("websocket-url", "valueUrl");
        assert_eq!(url, format!("ws://{at}/subscriptions/websocket"));
        let token = parameter("token", "valueString");
        // A token that was made up, or whose time is over, opens nothing.
        let (mut socket, _) = connect_async(&url).await.unwrap();
        socket
            .send(Message::text("bind-with-token: nonsense.nonsense"))
            .await
            .unwrap();
        assert!(next(&mut socket).await.is_close());
        let (mut socket, _) = connect_async(&url).await.unwrap();
        socket
            .send(Message::text(format!("bind-with-token: {token}")))
            .await
            .unwrap();
        assert_eq!(
            told(&next(&mut socket).await),
            ("handshake".to_owned(), vec![])
        );
        api.put(patient("p1", "1")).await;
        go_on(&api).await;
        assert_eq!(
            told(&next(&mut socket).await),
            ("event-notification".to_owned(), vec!["1".to_owned()])
        );
        api.put(patient("p2", "2")).await;
        api.put(patient("p3", "3")).await;
        go_on(&api).await;
        let numbers = vec!["2".to_owned(), "3".to_owned()];
        assert_eq!(
            told(&next(&mut socket).await),
            ("event-notification".to_owned(), numbers)
        );
        // The author ends it, and the websocket ends with it.
        let mut ended = api.get(&format!("/fhir/Subscription/{id}")).await.json();
        ended["status"] = json!("off");
        api.put(ended).await;
        go_on(&api).await;
        assert!(next(&mut socket).await.is_close());
        api.clock.advance_ms(10 * 60 * 1_000);
        let (mut socket, _) = connect_async(&url).await.unwrap();
        socket
            .send(Message::text(format!("bind-with-token: {token}")))
            .await
            .unwrap();
        assert!(
            next(&mut socket).await.is_close(),
            "the token's time is over"
        );
        drop(socket);
        stop.send(()).unwrap();
        serving.await.unwrap();
    });
}
