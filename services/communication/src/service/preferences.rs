use super::{Error, Service};
use crate::domain::{self, PageToken, Preference, Preferences, Purpose};
use crate::storage::deliveries::{self, Linked};

impl Service {
    /// What the recipient behind a link gets. Reading it changes nothing.
    pub(crate) async fn preferences(&self, token: &str) -> Result<Preferences, Error> {
        let (token, linked) = self.linked(token).await?;
        let preferences = self.directory.preferences(token.tenant(), linked.person).await?;
        found(preferences, linked)
    }

    /// Notes what the recipient behind a link chose, and tells what the recipient gets now.
    pub(crate) async fn choose(&self, token: &str, choice: Preference) -> Result<Preferences, Error> {
        let (token, linked) = self.linked(token).await?;
        let preferences = self.directory.choose(token.tenant(), linked.person, choice).await?;
        found(preferences, linked)
    }

    /// Sends the recipient behind a link no more messages.
    pub(crate) async fn unsubscribe(&self, token: &str) -> Result<Preferences, Error> {
        self.choose(token, Preference { purpose: Purpose::Communication, is_subscribed: false }).await
    }

    async fn linked(&self, token: &str) -> Result<(PageToken, Linked), Error> {
        let token = PageToken::read(token).ok_or(domain::Error::LinkNotFound)?;
        let linked = deliveries::find_linked(self.store.reader(), &token).await?;
        Ok((token, linked.ok_or(domain::Error::LinkNotFound)?))
    }
}

/// A link that chooses nothing leads nowhere, so that it does not tell whether its reader is an employee.
fn found(preferences: Option<Vec<Preference>>, linked: Linked) -> Result<Preferences, Error> {
    let preferences = preferences.ok_or(domain::Error::LinkNotFound)?;
    Ok(Preferences { preferences, language: linked.language })
}

/// Where a recipient chooses.
pub(crate) fn preference_link(public_url: &str, token: &PageToken) -> String {
    format!("{public_url}/u/{}", token.text())
}
