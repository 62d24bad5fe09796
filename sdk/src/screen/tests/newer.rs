//! One of each kind of medicine, course and chart, with every optional member.

use crate::Parameters;
use crate::screen::{
    Absent, Allergy, AllergyLabel, AllergyList, Allowed, Amount, Answered, AttestSign, Axis,
    BandedChart, BandedRow, BandedTotal, BodyImage, BodyMap, CheckAnswers, Coded, Column,
    Condition, Course, Curve, CurveChart, Fact, Flowsheet, GridCell, GridRow, Group, Happened,
    InputCoded, InputDose, InputNhsNumber, LabourChart, Lane, LaneForm, LaneGroup, Mark, MarkShape,
    Measured, MedicationLine, Node, Observed, ObservedBand, Paragraph, Place, Point, Print,
    Priority, Range, Reading, Score, ScoreBand, ScorePart, Section, Severity, Sparkline, Step,
    StepState, Stroke, TableColumn, Tabs, TaskSteps, Timeline, Tone, Waiting, Way, Worklist,
};

pub(super) fn course(to: &Parameters) -> Section {
    let way = || Way::new("More", "trend").parameters(to);
    Section::new()
        .child(Tabs::new("Right", Paragraph::new("r")).panel("Left", Paragraph::new("l")))
        .child(medicine())
        .child(
            AllergyList::new(AllergyLabel::KnownAllergies)
                .note("n")
                .items(vec![
                    Allergy::new(Coded::new("Penicillin"))
                        .reactions(vec!["rash".to_owned()])
                        .severity(Severity::Mild)
                        .unconfirmed(true)
                        .intolerance(false)
                        .recorded("2019-05-02")
                        .resource("AllergyIntolerance/a"),
                ]),
        )
        .child(score())
        .child(Score::new("Bishop score").absent(Absent::NotRecorded))
        .child(
            Flowsheet::new(
                "Observations",
                vec![Column::new("a", "2026-11-24T02:40:00Z")],
                vec![Group::new(
                    "Circulation",
                    vec![GridRow::new("Pulse", vec![GridCell::value("a", "112")])],
                )],
            )
            .earlier(way()),
        )
        .child(
            Timeline::new(
                "Course",
                vec![
                    Happened::new("2026-08", "Iron started")
                        .label("Medicine")
                        .text("twice\na week")
                        .by("Practitioner/p")
                        .tone(Tone::Warning)
                        .resource("MedicationRequest/m")
                        .link("trend", to),
                ],
            )
            .empty("Nothing"),
        )
        .child(
            Worklist::new(
                "Clinic",
                "Longest wait first",
                vec![TableColumn::new("why", "Why")],
                vec![
                    Waiting::new("Patient/a", vec![Fact::text("x")])
                        .priority(Priority::Urgent)
                        .due("2026-11-20")
                        .link(way()),
                ],
                "Nobody waits",
            )
            .more(way()),
        )
        .child(
            Sparkline::new(
                "Creatinine",
                "umol/L",
                vec![Point::new("2026-11-23", "149")],
            )
            .range(Range::new().low("45")),
        )
}

fn medicine() -> MedicationLine {
    MedicationLine::new("amoxicillin")
        .brand("Amoxil")
        .strength(Amount::new("250", "mg"))
        .form("capsule")
        .dose(Amount::new("250", "mg").to("500"))
        .rate(Amount::new("125", "mL/h"))
        .duration("for 5 days")
        .route("oral")
        .frequency("three times a day")
        .indication("chest infection")
        .status(Course::OnHold)
        .since("2026-11-22")
        .note("n")
        .resource("MedicationRequest/m")
}

fn score() -> Score {
    Score::new("NEWS2")
        .value("3")
        .band("low")
        .bands(vec![
            ScoreBand::new("low", "Low")
                .from("0")
                .to("4")
                .tone(Tone::Neutral),
        ])
        .components(vec![
            ScorePart::new("Pulse")
                .value(Fact::quantity("132", "/min"))
                .points("3"),
            ScorePart::new("Temperature")
                .absent(Absent::NotRecorded)
                .most("3"),
        ])
        .adds_up(true)
        .when("2026-11-24T02:40:00Z")
        .rule("RCP 2017")
}

pub(super) fn charts() -> Section {
    let observed = || Observed::new("a");
    Section::new()
        .child(
            Print::new("Advice")
                .note("to take home")
                .child(Paragraph::new("p")),
        )
        .child(
            BandedChart::new(
                "NEWS2",
                "RCP 2017",
                vec![Column::new("a", "2026-11-24T02:40:00Z")],
                vec![
                    BandedRow::new(
                        "Pulse",
                        vec![
                            ObservedBand::new("91 or more", 1u32).from("91"),
                            ObservedBand::new("90 or less", 0u32),
                        ],
                        vec![observed().value("112")],
                    )
                    .unit("/min"),
                    BandedRow::new(
                        "Air",
                        vec![ObservedBand::new("Air", 0u32).word("Air")],
                        vec![observed().word("Air")],
                    ),
                    BandedRow::new(
                        "Other",
                        vec![ObservedBand::new("Any", 0u32)],
                        vec![observed().absent(Absent::Unknown)],
                    ),
                ],
            )
            .total(
                BandedTotal::new("Total", vec![observed().absent(Absent::NotRecorded)])
                    .adds_up(true),
            ),
        )
        .child(CurveChart::new(
            "Weight",
            "A standard",
            Axis::new("Gestation", "weeks", "22", "42"),
            Axis::new("Weight", "g", "0", "5000"),
            vec![
                Curve::new(
                    "50th",
                    vec![Place::new("24", "600"), Place::new("40", "3400")],
                )
                .line(Stroke::Thick),
            ],
            vec![
                Measured::new("28.1", "1290")
                    .when("2026-07-02")
                    .note("40th centile"),
            ],
        ))
        .child(labour())
        .child(
            BodyMap::new(BodyImage::FundusLeft)
                .note("dilated")
                .marks(vec![
                    Mark::new("Blot haemorrhage", MarkShape::Blot, "1.5", "-0.5").note("n"),
                ])
                .not_seen(vec!["new vessels".to_owned()]),
        )
        .child(BodyMap::new(BodyImage::EyeRight).absent(Absent::NotRecorded))
}

fn labour() -> LabourChart {
    let at = |hour: &str| Reading::new(format!("2026-11-24T{hour}:00Z"));
    let lane = Lane::new(
        "Cervix",
        LaneForm::Line,
        vec![at("08:10").value("5"), at("12:05").value("7").alert(true)],
    )
    .unit("cm")
    .low("4")
    .high("10")
    .alert_from("11")
    .alert_under("1")
    .allowed(vec![Allowed::new("5", 360u32)]);
    let pressure = Lane::new(
        "Blood pressure",
        LaneForm::Span,
        vec![at("08:10").value("118").lower("72")],
    )
    .low("60")
    .high("150");
    let words = Lane::new(
        "Liquor",
        LaneForm::Words,
        vec![
            at("08:10").word("Clear"),
            at("12:05").absent(Absent::NotRecorded),
        ],
    );
    LabourChart::new(
        "Labour",
        "2026-11-24T08:00:00Z",
        "2026-11-24T20:00:00Z",
        "WHO Labour Care Guide, 2020",
        vec![LaneGroup::new("Progress", vec![lane, pressure, words])],
    )
    .now("2026-11-24T15:20:00Z")
}

/// What a form asks beyond text and choices; the last two are there by conditions.
pub(super) fn asked(to: &Parameters) -> Vec<Node> {
    let number = InputNhsNumber::new("nhs", "NHS number")
        .hint("h")
        .required(true)
        .error("e")
        .value("9990000018");
    let dose = InputDose::new(
        "dose",
        "Dose",
        vec!["mg".to_owned(), "micrograms".to_owned()],
    )
    .hint("h")
    .required(true)
    .error("e")
    .amount("62.5")
    .unit("micrograms");
    let coded = InputCoded::new("why", "Why", "http://example.org/ValueSet/why")
        .hint("h")
        .required(true)
        .error("e")
        .value(
            Coded::new("Injury")
                .system("http://snomed.info/sct")
                .code("14669001"),
        );
    let steps = vec![
        Step::new("Summary", StepState::CannotStart)
            .note("n")
            .due("2026-11-24")
            .link("trend", to),
    ];
    let rows = vec![Answered::new("Bleeding", Fact::yes_or_no(false)).change("trend", to)];
    let given = Condition::all([Condition::answered("nhs"), Condition::is("choice", "a")]);
    let heavy = Condition::any([
        Condition::at_least("number", "1"),
        Condition::below("number", "0").negated(),
    ]);
    vec![
        number.into(),
        dose.into(),
        coded.into(),
        TaskSteps::new("Discharge", steps).into(),
        Node::from(CheckAnswers::new(rows)).show_if(given),
        Node::from(AttestSign::new("signed", "Grade R2", "This is my grade")).show_if(heavy),
    ]
}
