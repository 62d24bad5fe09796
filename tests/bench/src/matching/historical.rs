//! The historical data set: records of real people of long ago with the errors that records have, and whose each is.
//!
//! Invariant: whose a record is is read to learn from one half or to measure, never to compare.

use std::collections::HashMap;
use std::path::Path;

use record::matching::person::{Birth, Details, Postcode, Sex, phrase};
use record::matching::text::{Word, hash};

/// Records, and whose each is.
#[derive(Clone, Default)]
pub(crate) struct Records {
    pub(crate) people: Vec<Details>,
    pub(crate) who: Vec<u32>,
    /// The name of each person in the data set.
    names: Vec<String>,
}

/// What of the data set a table has to have.
const COLUMNS: [&str; 7] = [
    "cluster",
    "full_name",
    "dob",
    "birth_place",
    "postcode_fake",
    "gender",
    "occupation",
];

impl Records {
    /// Reads a table with a line of names.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let at = |why: csv::Error| format!("{}: {why}", path.display());
        let mut table = csv::Reader::from_path(path).map_err(at)?;
        let names = table.headers().map_err(at)?.clone();
        let column = |name: &str| {
            let found = names.iter().position(|it| it == name);
            found.ok_or_else(|| format!("{}: there is no column `{name}`", path.display()))
        };
        let columns = COLUMNS.map(column);
        let mut places = [0; COLUMNS.len()];
        for (place, column) in places.iter_mut().zip(columns) {
            *place = column?;
        }
        let mut records = Self::default();
        let mut numbers: HashMap<String, u32> = HashMap::new();
        for row in table.records() {
            let row = row.map_err(at)?;
            let [cluster, name, birth, place, postcode, sex, occupation] =
                places.map(|place| row.get(place).unwrap_or_default());
            let next = u32::try_from(numbers.len()).map_err(|_| "too many people".to_owned())?;
            let who = *numbers.entry(cluster.to_owned()).or_insert(next);
            if who == next {
                records.names.push(cluster.to_owned());
            }
            let mut details = Details {
                birth: Birth::read(birth),
                sex: match sex {
                    "male" => Some(Sex::Male),
                    "female" => Some(Sex::Female),
                    _ => None,
                },
                postcode: Postcode::read(postcode),
                place: phrase(place),
                occupation: phrase(occupation),
                ..Details::default()
            };
            details.name_spoken(name);
            records.people.push(details);
            records.who.push(who);
        }
        Ok(records)
    }

    /// The records of one half of the people, by what stands for their name: `half` is 0 or 1.
    pub(crate) fn half(&self, half: u64) -> Self {
        let is_here = |who: u32| {
            self.names
                .get(who as usize)
                .is_some_and(|name| hash(name) % 2 == half)
        };
        let kept = self
            .people
            .iter()
            .zip(&self.who)
            .filter(|(_, who)| is_here(**who));
        let (people, who) = kept.map(|(person, who)| (person.clone(), *who)).unzip();
        Self {
            people,
            who,
            names: self.names.clone(),
        }
    }

    /// Twice as many: the same people again with every name, place and postcode spelled backwards.
    pub(crate) fn doubled(&self) -> Self {
        let mut doubled = self.clone();
        let n = u32::try_from(self.names.len()).unwrap_or(u32::MAX / 2);
        doubled.people.extend(self.people.iter().map(backwards));
        doubled.who.extend(self.who.iter().map(|who| who + n));
        doubled
    }

    pub(crate) fn len(&self) -> usize {
        self.people.len()
    }
}

fn backwards(person: &Details) -> Details {
    let turned = |word: &Word| Word::of(&word.text.chars().rev().collect::<String>());
    let again = |word: &Option<Word>| word.as_ref().and_then(turned);
    Details {
        given: person.given.iter().filter_map(turned).collect(),
        family: again(&person.family),
        place: again(&person.place),
        postcode: person.postcode.as_ref().and_then(|it| {
            let (outward, inward) = it.text.split_at(it.text.len() - 3);
            let outward: String = outward
                .bytes()
                .map(|it| {
                    if it.is_ascii_digit() {
                        char::from(it)
                    } else {
                        char::from(b'z' - (it - b'a'))
                    }
                })
                .collect();
            Postcode::read(&format!("{outward}{inward}"))
        }),
        ..person.clone()
    }
}
