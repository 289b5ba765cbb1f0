//! Who is asked.

use arki_ids::{InvitationId, PersonId, RoleId, UnitId};
use serde::{Deserialize, Serialize};

use super::wave::{Anonymity, State};

/// Where an invitation stands, as far as it may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationState {
    Created,
    Opened,
    Submitted,
    Expired,
    Cancelled,
}

/// One person asked in one wave, with the unit and role of the day on which the wave opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    pub id: InvitationId,
    pub person: PersonId,
    pub unit: Option<UnitId>,
    pub role: Option<RoleId>,
    /// The language in which the page opens.
    pub language: String,
    pub opened: bool,
    pub submitted: bool,
    /// The person left before an answer.
    pub cancelled: bool,
}

impl Invitation {
    /// What may be shown of it. Who has answered an anonymous wave is told to nobody.
    pub fn state(&self, anonymity: Anonymity, wave: State) -> InvitationState {
        if anonymity == Anonymity::Anonymous {
            return InvitationState::Created;
        }
        if self.cancelled && !self.submitted {
            return InvitationState::Cancelled;
        }
        match (self.submitted, wave, self.opened) {
            (true, _, _) => InvitationState::Submitted,
            (false, State::Closing | State::Closed, _) => InvitationState::Expired,
            (false, State::Draft | State::Open, true) => InvitationState::Opened,
            (false, State::Draft | State::Open, false) => InvitationState::Created,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anonymous_wave_shows_nothing_of_its_invitations() {
        let invitation = |opened, submitted| Invitation {
            id: InvitationId::random(),
            person: PersonId::random(),
            unit: None,
            role: None,
            language: "fi".to_owned(),
            opened,
            submitted,
            cancelled: false,
        };
        for (opened, submitted, wave, shown) in [
            (false, false, State::Open, InvitationState::Created),
            (true, false, State::Open, InvitationState::Opened),
            (true, true, State::Open, InvitationState::Submitted),
            (true, true, State::Closed, InvitationState::Submitted),
            (true, false, State::Closing, InvitationState::Expired),
        ] {
            let invitation = invitation(opened, submitted);
            assert_eq!(invitation.state(Anonymity::Confidential, wave), shown);
            assert_eq!(invitation.state(Anonymity::Anonymous, wave), InvitationState::Created);
            let cancelled = Invitation { cancelled: true, ..invitation };
            let shown = if submitted { InvitationState::Submitted } else { InvitationState::Cancelled };
            assert_eq!(cancelled.state(Anonymity::Confidential, wave), shown);
            assert_eq!(cancelled.state(Anonymity::Anonymous, wave), InvitationState::Created);
        }
    }
}
