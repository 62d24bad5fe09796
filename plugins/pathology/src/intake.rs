//! Results from devices at the bedside, as HL7 v2 sends them (ORU^R30): each is filed as held, and waits for a person.
//!
//! Invariant: a message is taken whole or not at all; what cannot be read is said by its segment and field, and never guessed.

mod message;

use sdk::{Call, Failure, Proposal};

use crate::catalogue::Catalogue;
use crate::cumulative::now_ms;
use crate::entry::{By, Entered, Origin, filed};
use crate::intake::message::{Message, Segment, moment};
use crate::laboratory::{LaboratoryPack, LaboratoryTest};
use sdk::decimal::Decimal;
use sdk::moment::Moment;

/// The format, as the manifest names it.
const FORMAT: &str = "hl7v2:ORU^R30";
/// Results of one message.
const RESULTS_MAX: usize = 40;

/// Reads a message about the patient of the call.
///
/// # Errors
/// `invalid` with the segment and field and what the sender has to mend; `not-provided` for another format; any failure of
/// the chart or the packs.
pub(crate) fn convert(call: &Call<'_>, format: &str, bytes: &[u8]) -> Result<Proposal, Failure> {
    if format != FORMAT {
        return Err(Failure::not_provided(format!(
            "pathology does not read `{format}`; it reads `{FORMAT}`"
        )));
    }
    let by = By::read(call)?;
    let message = Message::parse(bytes)?;
    is_of_patient(call, &message)?;
    let mut proposal = Proposal::new("Results of a device at the bedside were received.");
    let mut order: Option<&Segment<'_>> = None;
    let mut results = 0;
    for segment in message.segments() {
        match segment.name() {
            "OBR" => order = Some(segment),
            "OBX" => {
                results += 1;
                if results > RESULTS_MAX {
                    let what = format!("more than {RESULTS_MAX} results: send fewer at a time");
                    return Err(segment.wrong(1, &what));
                }
                let entered = entered(call, &by, order, segment)?;
                proposal = proposal.create(filed::of_device(call, &by, &entered)?);
            }
            _ => {}
        }
    }
    if results == 0 {
        return Err(Failure::invalid("the message has no OBX: send a result"));
    }
    Ok(proposal)
}

/// Refuses a message that names another NHS number than the chart that it was matched to.
///
/// A message or a chart without an NHS number was matched by the host in another way, and is taken.
fn is_of_patient(call: &Call<'_>, message: &Message<'_>) -> Result<(), Failure> {
    let mut named = message.segments().iter().filter(|it| it.name() == "PID");
    let Some(person) = named.next() else {
        let what = "the message has no PID: say whose results these are";
        return Err(Failure::invalid(what));
    };
    if let Some(second) = named.next() {
        return Err(second.wrong(3, "one patient is read of a message, and this is a second"));
    }
    let said = person.nhs_numbers(3);
    let known = crate::history::nhs_numbers(call)?;
    let is_other = !said.is_empty() && !known.is_empty();
    if is_other && !said.iter().any(|it| known.iter().any(|known| known == it)) {
        return Err(person.wrong(3, "this NHS number is not that of the chart: the results are of another patient, and nothing is filed"));
    }
    Ok(())
}

fn entered<'a>(
    call: &Call<'_>,
    by: &'a By,
    order: Option<&'a Segment<'a>>,
    result: &'a Segment<'a>,
) -> Result<Entered<'a>, Failure> {
    let order = order.ok_or_else(|| result.wrong(1, "no OBR stands before it"))?;
    if result.field(2) != "NM" {
        return Err(result.wrong(2, "write NM: a number is read here and nothing else"));
    }
    if !matches!(result.field(11), "F" | "P") {
        return Err(result.wrong(11, "write F or P: corrections are not read here"));
    }
    let test = test(&by.catalogue, &by.laboratory, result)?;
    let unit = result.component(6, 1);
    if !test.units.iter().any(|known| known == unit) {
        let what = format!("the unit is `{unit}`; {} is read", test.unit());
        return Err(result.wrong(6, &what));
    }
    let typed = result.field(5);
    let value = Some(typed)
        .filter(|text| is_plain(text))
        .and_then(Decimal::parse);
    let value = value.ok_or_else(|| result.wrong(5, "write a plain decimal, as 4.2"))?;
    let is_below = test.possible.low.is_some_and(|low| value < low);
    if is_below || test.possible.high.is_some_and(|high| value > high) {
        let what = format!("{typed} {unit} is not possible: check the unit");
        return Err(result.wrong(5, &what));
    }
    let collected = moment(order, 7)?;
    let measured = match result.field(14) {
        "" => collected.clone(),
        _ => moment(result, 14)?,
    };
    let at_ms = |text: &str| Moment::parse(text).map_or(i64::MAX, |it| it.epoch_ms);
    let (collected_ms, measured_ms) = (at_ms(&collected), at_ms(&measured));
    if measured_ms > now_ms(call) || collected_ms > measured_ms {
        let what = "the times are out of order: collected, measured, received";
        return Err(result.wrong(14, what));
    }
    let number = match order.component(3, 1) {
        "" => return Err(order.wrong(3, "the device's own number is missing")),
        number => crate::result::line(number),
    };
    Ok(Entered {
        origin: Origin {
            specimen: None,
            accession: number,
            collected: Some(collected),
            request: None,
        },
        test,
        value: (typed, value),
        measured_ms,
        // The message says nothing of these, and nothing said is not "none".
        flags: None,
        interference: None,
        controls: vec![],
        controls_typed: None,
    })
}

/// The test that OBX-3 names by LOINC, in its first three parts or its last.
fn test<'l>(
    catalogue: &Catalogue,
    laboratory: &'l LaboratoryPack,
    result: &Segment<'_>,
) -> Result<&'l LaboratoryTest, Failure> {
    let loinc = [(1, 3), (4, 6)]
        .into_iter()
        .find(|(_, system)| result.component(3, *system) == "LN")
        .map(|(code, _)| result.component(3, code));
    let code = loinc.ok_or_else(|| result.wrong(3, "give a LOINC code, with LN beside it"))?;
    let is_it = |test: &&LaboratoryTest| {
        let listed = test.listed(catalogue);
        listed.is_some_and(|it| {
            let mut codes = it.codes.iter();
            codes.any(|(system, known)| system == "http://loinc.org" && known == code)
        })
    };
    let found = laboratory.tests.iter().find(is_it);
    found.ok_or_else(|| {
        let what = format!("LOINC {code} is none of the laboratory's tests");
        result.wrong(3, &what)
    })
}

/// Digits with a point among them: what stands in a message and in FHIR in the same way.
fn is_plain(text: &str) -> bool {
    let is_number = text.parse::<sdk::Value>().is_ok_and(|it| it.is_number());
    is_number && !text.contains(['e', 'E'])
}
