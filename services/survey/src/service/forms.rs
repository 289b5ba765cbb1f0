//! What happens behind a link.

use arki_ids::TenantId;

use super::error::Error;
use super::group::{Accepted, Job, Submission};
use super::surveys::Surveys;
use crate::domain::form::{self, Form};
use crate::domain::{Answer, State, Token, Wave};
use crate::storage::{invitations, waves};

impl Surveys {
    /// The form behind a link, with the wave that it belongs to.
    pub async fn form(&self, token: &str, language: &str) -> Result<(Form, Wave), Error> {
        let (tenant, token) = read(token);
        let reader = self.store.reader();
        let found = invitations::find_by_token(reader, tenant, &token.hash()).await?;
        let (wave, invitation) = found.ok_or(Error::InvitationNotFound)?;
        let wave = waves::find(reader, tenant, wave).await?.ok_or(Error::InvitationNotFound)?;
        let version = self.versions.get(reader, tenant, wave.version).await?;
        if wave.anonymity.is_linked() && !invitation.opened {
            let opened = Job::Opened(tenant, wave.id, invitation.id);
            // Whether the mark is set matters less than that the form is shown.
            if let Err(error) = self.intake.hand_in(&token.hash(), opened).await {
                tracing::debug!(%error, "could not note that a link was opened");
            }
        }
        let wanted = [language, invitation.language.as_str()];
        // To whom it is cancelled, the wave is over.
        let state = if invitation.cancelled { State::Closed } else { wave.state_at(self.now()) };
        Ok((form::of(&version, &wave, &token, &wanted, state, invitation.submitted), wave))
    }

    /// Stores answers exactly once.
    pub async fn submit(
        &self,
        token: &str,
        answers: Vec<Answer>,
        language: String,
    ) -> Result<Accepted, Error> {
        let (tenant, token) = read(token);
        let (token_hash, fingerprint) = (token.hash(), token.fingerprint(&answers));
        let submission = Submission {
            tenant,
            token_hash: token_hash.clone(),
            fingerprint,
            answers,
            language,
            now: self.now(),
        };
        self.intake.hand_in(&token_hash, Job::Submit(submission)).await
    }
}

/// A text that is no token walks the same way as one that nobody has.
fn read(text: &str) -> (TenantId, Token) {
    let token = Token::parse(text).unwrap_or_else(|| Token::nobodys(text));
    (token.tenant(), token)
}
