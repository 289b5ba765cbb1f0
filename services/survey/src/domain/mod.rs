//! What asking and answering mean: pure, without a database, a wire or a clock.
//!
//! Reading order: [`questionnaire`] and [`publish`] (what is asked), [`wave`] (of whom and when), [`answer`] and
//! [`check`] (what may be answered), [`token`] (the link), [`form`] (what a respondent sees), [`tally`] and
//! [`rate`], with [`ineligible`] (what is counted).

pub mod answer;
pub mod check;
pub mod form;
pub mod ineligible;
pub mod invitation;
pub mod labels;
pub mod publish;
pub mod questionnaire;
pub mod rate;
pub mod tally;
pub mod token;
pub mod violation;
pub mod wave;

pub use answer::{Answer, Feeling, Feelings, Value};
pub use invitation::{Invitation, InvitationState};
pub use questionnaire::{Choice, Content, Kind, Question, Questionnaire, Version, VersionKey};
pub use token::{Secret, Token};
pub use violation::Violation;
pub use wave::{Anonymity, Audience, Opening, State, Wave};
