//! Files of HR systems, as large as wanted, made of a seed that is printed.

use std::fmt::Write as _;

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::json;

/// The systems whose exports are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    Workday,
    WorkdayJson,
    SuccessFactors,
    BambooHr,
}

impl System {
    pub(crate) const ALL: [Self; 4] =
        [Self::Workday, Self::WorkdayJson, Self::SuccessFactors, Self::BambooHr];

    /// The name of the profile.
    pub(crate) fn profile(self) -> &'static str {
        match self {
            Self::Workday | Self::WorkdayJson => "workday",
            Self::SuccessFactors => "successfactors",
            Self::BambooHr => "bamboohr",
        }
    }
}

/// A fictional employee.
struct Employee {
    id: usize,
    first: String,
    last: String,
    unit: usize,
    title: &'static str,
    manager: Option<usize>,
    hired: String,
    place: &'static str,
}

const FIRST: [&str; 8] = ["Aino", "Bo", "Cai", "Eeva", "Ilmari", "Märta", "Onni", "Åke"];
const LAST: [&str; 6] = ["Esimerkki", "Exempel", "Keksitty", "Kuvitelma", "Päähänpisto", "Satu"];
const TITLES: [&str; 5] = ["Driver", "Nurse", "Clerk", "Cook", "Adviser, services"];
const PLACES: [&str; 4] = ["Oulu", "Turku", "Vaasa", "Åbo"];

fn employees(seed: u64, people: usize) -> Vec<Employee> {
    let mut random = StdRng::seed_from_u64(seed);
    (0..people)
        .map(|id| Employee {
            id,
            first: FIRST[random.random_range(0..FIRST.len())].to_owned(),
            last: LAST[random.random_range(0..LAST.len())].to_owned(),
            unit: random.random_range(0..200),
            title: TITLES[random.random_range(0..TITLES.len())],
            manager: (id > 0).then(|| random.random_range(0..id.div_ceil(8))),
            hired: format!("20{:02}-{:02}-01", random.random_range(0..25), random.random_range(1..13)),
            place: PLACES[random.random_range(0..PLACES.len())],
        })
        .collect()
}

/// The key of an employee.
pub(crate) fn key(id: usize) -> String {
    format!("E{id:06}")
}

/// An export of so many people.
pub(crate) fn export(system: System, seed: u64, people: usize) -> String {
    let employees = employees(seed, people);
    let manager = |employee: &Employee| employee.manager.map(key).unwrap_or_default();
    match system {
        System::Workday => {
            let mut text =
                "\u{feff}Employee ID,Worker,Email - Primary Work,Supervisory Organization,Business \
                            Title,Manager ID,Hire Date,Location\r\n"
                    .to_owned();
            for one in &employees {
                let Employee { first, last, unit, title, hired, place, .. } = one;
                let (id, manager) = (key(one.id), manager(one));
                let _ = write!(
                    text,
                    "{id},{first} {last},{id}@example.com,Team {unit},\"{title}\",{manager},{hired},{place}\r\n"
                );
            }
            text
        }
        System::WorkdayJson => {
            let entry = |one: &Employee| {
                json!({
                    "Employee_ID": key(one.id),
                    "Worker": {"Descriptor": format!("{} {}", one.first, one.last)},
                    "Email_-_Primary_Work": format!("{}@example.com", key(one.id)),
                    "Supervisory_Organization": format!("Team {}", one.unit),
                    "Business_Title": one.title,
                    "Manager_ID": manager(one),
                    "Hire_Date": one.hired,
                    "Location": one.place,
                })
            };
            let entries: Vec<_> = employees.iter().map(entry).collect();
            json!({"Report_Entry": entries}).to_string()
        }
        System::SuccessFactors => {
            let mut text =
                "STATUS,USERID,FIRSTNAME,LASTNAME,EMAIL,MANAGER,DIVISION,DEPARTMENT,TITLE,HIREDATE,\
                            LOCATION\n"
                    .to_owned();
            text += "STATUS,USERID,First Name,Last Name,Email,Manager,Division,Department,Title,Hire \
                     Date,Location\n";
            for one in &employees {
                let Employee { first, last, unit, title, hired, place, .. } = one;
                let id = key(one.id);
                let manager = if one.manager.is_some() { manager(one) } else { "NO_MANAGER".to_owned() };
                let _ = writeln!(
                    text,
                    "active,{id},{first},{last},{id}@example.com,{manager},Division {},Team {unit},\"{title}\",{hired},\
                     {place}",
                    unit % 10
                );
            }
            text
        }
        System::BambooHr => {
            let mut text =
                "Employee #;First Name;Last Name;Work Email;Supervisor EID;Division;Department;Job \
                            Title;Hire Date;Location;Status\n"
                    .to_owned();
            for one in &employees {
                let Employee { first, last, unit, title, hired, place, .. } = one;
                let (id, manager) = (key(one.id), manager(one));
                let _ = writeln!(
                    text,
                    "{id};{first};{last};{id}@example.com;{manager};Division {};Team {unit};{title};{hired};{place};Active",
                    unit % 10
                );
            }
            text
        }
    }
}

/// The same rows in another order, the heading first.
pub(crate) fn shuffled(content: &str, seed: u64) -> String {
    let mut random = StdRng::seed_from_u64(seed);
    let mut lines: Vec<&str> = content.lines().collect();
    for at in (2..lines.len()).rev() {
        lines.swap(at, random.random_range(1..=at));
    }
    lines.join("\n") + "\n"
}
