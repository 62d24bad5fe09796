//! A laboratory's message about somebody in the record: a creatinine well above the newest one, so that there is
//! something to see.
//!
//! It is an ordinary `ORU^R01`, sent as any laboratory of the first trust's neighbour would send it.

use fhir::query::Query;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use record::caller::Caller;
use record::log::At;
use record::search::Page;
use record::{ReadError, Record};
use serde_json::Value;

use super::trusts::TRUSTS;

/// How many times the newest value the new one is: stage 2 of acute kidney injury.
const TIMES: f64 = 2.3;

/// The message, and whom it is about as people read it. `None`: nobody in the record has a creatinine.
pub(crate) async fn raised_creatinine(
    record: &Record,
    caller: &Caller,
) -> Result<Option<(String, String)>, ReadError> {
    let codes = "http://loinc.org|14682-9,http://loinc.org|2160-0,http://loinc.org|38483-4";
    let Some(result) = newest(
        record,
        caller,
        "Observation",
        &[("code", codes), ("_sort", "-date"), ("_count", "1")],
    )
    .await?
    else {
        return Ok(None);
    };
    let reference = result["subject"]["reference"].as_str().unwrap_or_default();
    let id = reference.strip_prefix("Patient/").unwrap_or_default();
    let Some(patient) = newest(record, caller, "Patient", &[("_id", id)]).await? else {
        return Ok(None);
    };
    Ok(written(&result, &patient, record.now_ms()))
}

async fn newest(
    record: &Record,
    caller: &Caller,
    kind: &str,
    pairs: &[(&str, &str)],
) -> Result<Option<Value>, ReadError> {
    let pairs: Vec<(String, String)> = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let unreadable = |what: String| ReadError::Unreadable { what };
    let kind = kind
        .parse()
        .map_err(|why: fhir::resource::UnknownType| unreadable(why.to_string()))?;
    let query = Query::parse(kind, &pairs).map_err(|why| unreadable(why.to_string()))?;
    let found = record.search(caller, &query, &Page::First(At::Now)).await?;
    let body = found.matches.first().and_then(|one| one.body.as_deref());
    body.map(serde_json::from_str)
        .transpose()
        .map_err(|why| unreadable(why.to_string()))
}

fn written(result: &Value, patient: &Value, now_ms: i64) -> Option<(String, String)> {
    let value: f64 = result["valueQuantity"]["value"].to_string().parse().ok()?;
    let unit = result["valueQuantity"]["unit"].as_str()?;
    let code = result["code"]["coding"][0]["code"].as_str()?;
    let raised = if unit == "mg/dL" {
        format!("{:.2}", value * TIMES)
    } else {
        format!("{:.0}", value * TIMES)
    };
    let identifier = identifier(patient)?;
    let name = &patient["name"][0];
    let (family, given) = (
        name["family"].as_str()?,
        name["given"][0].as_str().unwrap_or_default(),
    );
    let born = patient["birthDate"].as_str()?.replace('-', "");
    let sex = match patient["gender"].as_str() {
        Some("female") => "F",
        Some("male") => "M",
        Some(_) | None => "U",
    };
    let now = Timestamp::from_millisecond(now_ms)
        .ok()?
        .to_zoned(TimeZone::get("Europe/London").ok()?)
        .strftime("%Y%m%d%H%M%S")
        .to_string();
    let site = TRUSTS[1].ods;
    let message = format!(
        "MSH|^~\\&|LAB|{site}|PALATINE|REGION|{now}||ORU^R01|DEMO{now}|P|2.4||||||UNICODE UTF-8\n\
         PID|1||{identifier}||{family}^{given}||{born}|{sex}\n\
         OBR|1||DEMO{now}^LAB|UE^Urea and electrolytes^L|||{now}|||||||||||||||{now}||HM|F\n\
         OBX|1|NM|{code}^Creatinine^LN||{raised}|{unit}||H|||F|||{now}\n"
    );
    Some((message, format!("{}, {given}", family.to_uppercase())))
}

/// PID-3: the NHS number, else the first number whose system is an address.
fn identifier(patient: &Value) -> Option<String> {
    let numbers = patient["identifier"].as_array()?;
    let pair = |it: &Value| {
        Some((
            it["system"].as_str()?.to_owned(),
            it["value"].as_str()?.to_owned(),
        ))
    };
    let mut pairs: Vec<(String, String)> = numbers.iter().filter_map(pair).collect();
    pairs.sort_by_key(|(system, _)| system != fhir::nhs_number::SYSTEM);
    let (system, value) = pairs.into_iter().next()?;
    if system == fhir::nhs_number::SYSTEM {
        Some(format!("{value}^^^NHS^NH"))
    } else {
        Some(format!("{value}^^^&{system}&URI^MR"))
    }
}
