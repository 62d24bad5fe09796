//! Messages as a laboratory and a patient administration system of East Lancashire send them.

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use record::clock::{Clock as _, System};

/// One person as the messages name them.
pub(crate) struct Person<'a> {
    pub(crate) nhs_number: &'a str,
    pub(crate) family: &'a str,
    pub(crate) given: &'a str,
}

/// `ADT^A01`: the person is admitted to ward C3.
pub(crate) fn admission(person: &Person<'_>, control_id: &str) -> String {
    let now = written(now());
    let Person {
        nhs_number,
        family,
        given,
    } = person;
    let mut visit = vec![""; 45];
    visit[..4].copy_from_slice(&["PV1", "1", "I", "C3^B^12^RXR"]);
    visit[7] = "C1234567^Iyer^R^^^Dr";
    visit[19] = control_id;
    visit[44] = &now;
    format!(
        "MSH|^~\\&|PAS|RXR|PALATINE|REGION|{now}||ADT^A01|{control_id}|P|2.4||||||UNICODE UTF-8\r\
         EVN|A01|{now}\r\
         PID|1||{nhs_number}^^^NHS^NH||{family}^{given}^^^Mrs||19480303|F|||12 Mill Lane^^Blackburn^^BB1 1XX^GBR\r\
         {}\r",
        visit.join("|")
    )
}

/// `ORU^R01`: one creatinine, in µmol/L, taken so many hours ago.
pub(crate) fn creatinine(
    person: &Person<'_>,
    control_id: &str,
    value: &str,
    hours_ago: i64,
) -> String {
    let (now, taken) = (written(now()), written(now() - hours_ago.hours()));
    let high = value.parse::<f64>().unwrap() > 84.0;
    let flag = if high { "H" } else { "" };
    let Person {
        nhs_number,
        family,
        given,
    } = person;
    format!(
        "MSH|^~\\&|LAB|RXR|PALATINE|REGION|{now}||ORU^R01|{control_id}|P|2.4||||||UNICODE UTF-8\r\
         PID|1||{nhs_number}^^^NHS^NH||{family}^{given}||19480303|F\r\
         OBR|1||{control_id}^LAB|UE^Urea and electrolytes^L|||{taken}|||||||||||||||{now}||HM|F\r\
         OBX|1|NM|14682-9^Creatinine^LN||{value}|umol/L|45-84|{flag}|||F|||{taken}\r"
    )
}

/// An instant as HL7 v2 writes it, in the laboratory's own zone.
fn written(at: Timestamp) -> String {
    let zone = TimeZone::get("Europe/London").unwrap();
    at.to_zoned(zone).strftime("%Y%m%d%H%M%S").to_string()
}

fn now() -> Timestamp {
    Timestamp::from_millisecond(System.now_ms()).unwrap()
}
