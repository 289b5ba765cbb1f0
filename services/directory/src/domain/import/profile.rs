//! How HR systems name the columns of what they export.

use super::hr::field;
use super::table::{Row, Table};

/// The shape of the exports of an HR system. A file need not have all of it: columns that it lacks are passed over.
#[derive(Debug, PartialEq, Eq)]
pub struct Profile {
    pub name: &'static str,
    /// Field by heading in its [`plain`] form. Of several headings for a field the first that the file has counts.
    pub columns: &'static [(&'static str, &'static str)],
    /// As in a mapping; several forms are tried in turn.
    pub date_format: &'static str,
    /// The headings, in [`plain`] form, whose cells make the path of a unit; empty where units have keys.
    path: &'static [&'static str],
    /// What the system writes where it has nothing to say.
    pub nothing: &'static [&'static str],
}

/// The heading of the column that [`Profile::shape`] adds.
const PATH: &str = "Division > Department";

const WORKDAY: Profile = Profile {
    name: "workday",
    columns: &[
        ("employeeid", field::PERSON_ID),
        ("workerid", field::PERSON_ID),
        ("wid", field::PERSON_ID),
        ("legalfirstname", field::FIRST_NAME),
        ("preferredfirstname", field::FIRST_NAME),
        ("firstname", field::FIRST_NAME),
        ("legallastname", field::LAST_NAME),
        ("preferredlastname", field::LAST_NAME),
        ("lastname", field::LAST_NAME),
        ("preferredname", field::NAME),
        ("legalname", field::NAME),
        ("fullname", field::NAME),
        ("worker", field::NAME),
        ("emailprimarywork", field::EMAIL),
        ("primaryworkemail", field::EMAIL),
        ("workemail", field::EMAIL),
        ("email", field::EMAIL),
        ("supervisoryorganizationid", field::UNIT_ID),
        ("supervisoryorgid", field::UNIT_ID),
        ("supervisoryorganization", field::UNIT_NAME),
        ("supervisoryorg", field::UNIT_NAME),
        ("superiororganizationid", field::PARENT_UNIT_ID),
        ("superiororgid", field::PARENT_UNIT_ID),
        ("superiororganization", field::PARENT_UNIT_NAME),
        ("superiororg", field::PARENT_UNIT_NAME),
        ("ismanageroforganization", field::UNIT_LEADER),
        ("businesstitle", field::ROLE),
        ("jobtitle", field::ROLE),
        ("positiontitle", field::ROLE),
        ("jobprofile", field::ROLE),
        ("managerid", field::MANAGER_ID),
        ("manageremployeeid", field::MANAGER_ID),
        ("workersmanagerid", field::MANAGER_ID),
        ("workerstatus", field::STATE),
        ("employeestatus", field::STATE),
        ("activestatus", field::STATE),
        ("hiredate", field::START_DATE),
        ("location", "attribute:location"),
        ("costcenter", "attribute:cost_center"),
        ("country", "attribute:country"),
        ("workertype", "attribute:worker_type"),
    ],
    date_format: "%Y-%m-%d|%Y-%m-%d%:z|%m/%d/%Y",
    path: &[],
    nothing: &[],
};

const SUCCESSFACTORS: Profile = Profile {
    name: "successfactors",
    columns: &[
        ("userid", field::PERSON_ID),
        ("personidexternal", field::PERSON_ID),
        ("firstname", field::FIRST_NAME),
        ("lastname", field::LAST_NAME),
        ("defaultfullname", field::NAME),
        ("displayname", field::NAME),
        ("email", field::EMAIL),
        ("departmentid", field::UNIT_ID),
        ("divisiondepartment", field::UNIT_PATH),
        ("title", field::ROLE),
        ("jobtitle", field::ROLE),
        ("manager", field::MANAGER_ID),
        ("managerid", field::MANAGER_ID),
        ("manageruserid", field::MANAGER_ID),
        ("defaultlocale", field::LANGUAGE),
        ("status", field::STATE),
        ("emplstatus", field::STATE),
        ("hiredate", field::START_DATE),
        ("startdate", field::START_DATE),
        ("location", "attribute:location"),
        ("jobcode", "attribute:job_code"),
        ("country", "attribute:country"),
    ],
    date_format: "%Y-%m-%d|%m/%d/%Y|%Y-%m-%dT%H:%M:%S",
    path: &["division", "department"],
    nothing: &["NO_MANAGER", "N/A"],
};

const BAMBOOHR: Profile = Profile {
    name: "bamboohr",
    columns: &[
        ("employeenumber", field::PERSON_ID),
        ("employeeid", field::PERSON_ID),
        ("eeid", field::PERSON_ID),
        ("id", field::PERSON_ID),
        ("firstname", field::FIRST_NAME),
        ("lastname", field::LAST_NAME),
        ("displayname", field::NAME),
        ("employeename", field::NAME),
        ("fullname", field::NAME),
        ("workemail", field::EMAIL),
        ("divisiondepartment", field::UNIT_PATH),
        ("jobtitle", field::ROLE),
        ("supervisoreid", field::MANAGER_ID),
        ("supervisorid", field::MANAGER_ID),
        ("reportstoid", field::MANAGER_ID),
        ("managerid", field::MANAGER_ID),
        ("status", field::STATE),
        ("hiredate", field::START_DATE),
        ("location", "attribute:location"),
        ("country", "attribute:country"),
        ("employmentstatus", "attribute:employment_status"),
    ],
    date_format: "%Y-%m-%d|%m/%d/%Y",
    path: &["division", "department"],
    nothing: &["0000-00-00"],
};

/// Every profile there is.
pub const PROFILES: [&Profile; 3] = [&BAMBOOHR, &SUCCESSFACTORS, &WORKDAY];

/// The profile of a name.
pub fn of_name(name: &str) -> Option<&'static Profile> {
    PROFILES.into_iter().find(|profile| profile.name == name)
}

/// How the rows of one file are brought into the form that the mapping has fields for.
#[derive(Clone, Debug)]
pub struct Shape {
    profile: &'static Profile,
    headings: Vec<String>,
    key: Option<usize>,
    steps: Vec<usize>,
    /// Whether a row came before.
    begun: bool,
}

impl Profile {
    /// What is done with the rows of a file that has these columns; one may be added.
    pub fn shape(&'static self, headings: &mut Vec<String>) -> Shape {
        let place = |name: &str| headings.iter().position(|heading| plain(heading) == name);
        let key = self
            .columns
            .iter()
            .filter(|(_, field)| *field == field::PERSON_ID)
            .find_map(|(name, _)| place(name));
        let steps: Vec<usize> = self.path.iter().filter_map(|step| place(step)).collect();
        let shape = Shape { profile: self, headings: headings.clone(), key, steps, begun: false };
        if !shape.steps.is_empty() {
            headings.push(PATH.to_owned());
        }
        shape
    }

    /// Brings a table into the form that the mapping has fields for.
    pub fn prepare(&'static self, table: &mut Table) {
        let mut shape = self.shape(&mut table.headings);
        table.rows.retain_mut(|row| shape.fits(row));
    }
}

impl Shape {
    /// Cells of several columns that make the path of a unit become one; a second line of headings, as `SuccessFactors`
    /// writes, is no row.
    pub fn fits(&mut self, row: &mut Row) -> bool {
        let is_first = !std::mem::replace(&mut self.begun, true);
        if is_first && let Some(key) = self.key {
            let cell = plain(row.cell(key));
            if !cell.is_empty() && cell == plain(&self.headings[key]) {
                return false;
            }
        }
        if self.steps.is_empty() {
            return true;
        }
        // A row of JSON may know fewer columns than the file has.
        row.fill(self.headings.len());
        let cells = self.steps.iter().map(|step| row.cell(*step)).filter(|cell| !cell.is_empty());
        let cells = cells.filter(|cell| !self.profile.nothing.contains(cell));
        // What stands between the steps of a path can't stand inside of one.
        let path = cells.map(|cell| cell.replace('>', "/")).collect::<Vec<_>>().join(" > ");
        row.push(&path);
        true
    }
}

/// A heading without what differs between a report and its web service: `Employee ID`, `Employee_ID`, `employeeId`.
pub fn plain(heading: &str) -> String {
    let heading = heading.replace('#', "number");
    heading.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
