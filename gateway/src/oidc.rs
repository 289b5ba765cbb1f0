//! Callers for whom an identity provider of their tenant vouches (OpenID Connect; access tokens as in RFC 9068).
//!
//! A token is believed when a provider of its issuer accepts it: signed by one of the provider's public keys with an
//! algorithm that the provider allows, for one of its audiences, and valid now. What a token says of where keys are
//! (`jku`, `x5u`, `jwk`) is never looked at. What the caller may do is asked of the directory.

mod claims;
mod fetch;
mod keys;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use arki_ids::{PersonId, TenantId, UnitId};
use arki_process::Clock;
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::access_service_client::AccessServiceClient;
use arki_rpc::{Caller, Failure, Peer, Reach, Rows, client};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, Header};
use tonic::Code;

use claims::Claims;
pub(crate) use fetch::{Fetch, Policy};
use keys::Keys;

/// No token is longer, in bytes; a longer one is refused unread.
const LONGEST: usize = 16 * 1024;

/// How long the providers of an issuer are remembered: a deleted one is refused within as much.
const PROVIDERS_GOOD_FOR: TimeDelta = TimeDelta::seconds(5);

/// Most issuers that are remembered. A stranger can name any.
const MOST_ISSUERS: usize = 1_000;

/// What `typ` may be: an access token, or a token that doesn't say. A token for something else says so.
const TYPES: [&str; 3] = ["at+jwt", "application/at+jwt", "jwt"];

/// Believes tokens, or not.
pub(crate) struct Oidc {
    directory: Peer,
    clock: Arc<dyn Clock>,
    keys: Keys,
    providers: Mutex<HashMap<String, (DateTime<Utc>, Providers)>>,
}

type Providers = Arc<Vec<(TenantId, pb::IdentityProvider)>>;

/// Whether a text has the form of a JWT.
pub(crate) fn is_jwt(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b'.').count() == 2
}

impl Oidc {
    /// Asks `directory` for providers and roles, and the providers for their keys.
    pub(crate) fn new(directory: Peer, clock: Arc<dyn Clock>, fetch: Fetch, refetch: TimeDelta) -> Self {
        let keys = Keys::new(fetch, Arc::clone(&clock), refetch);
        Self { directory, clock, keys, providers: Mutex::default() }
    }

    /// The caller of a token, and when the token ends. None when it is not believed.
    ///
    /// # Errors
    /// `NO_ROLE` for somebody to whom nothing is bound; `UNAVAILABLE` when the directory is away, or the provider is
    /// and none of its keys is known.
    pub(crate) async fn caller(&self, token: &str) -> Result<Option<(Caller, DateTime<Utc>)>, Failure> {
        if token.len() > LONGEST {
            return Ok(None);
        }
        let Ok(header) = jsonwebtoken::decode_header(token) else { return Ok(None) };
        let Some(issuer) = claims::unverified_issuer(token) else { return Ok(None) };
        if !is_acceptable(&header) {
            return Ok(None);
        }
        let mut believed = Vec::new();
        for (tenant, provider) in self.providers(&issuer).await?.iter() {
            if let Some(claims) = self.believe(token, &header, provider).await? {
                believed.push((*tenant, provider.clone(), claims));
            }
        }
        // A token that two tenants would take is nobody's: to guess would be to let somebody into the wrong one.
        let Ok([(tenant, provider, claims)]) = <[_; 1]>::try_from(believed) else { return Ok(None) };
        let until = claims.expires;
        let caller = self.resolve(tenant, &provider, claims).await?;
        Ok(Some((caller, until)))
    }

    async fn believe(
        &self,
        token: &str,
        header: &Header,
        provider: &pb::IdentityProvider,
    ) -> Result<Option<Claims>, Failure> {
        let name = format!("{:?}", header.alg);
        if !provider.algorithms.contains(&name) {
            return Ok(None);
        }
        for key in self.keys.of(provider, header).await? {
            if let Some(claims) = Claims::verified(token, header.alg, &key, provider, self.clock.now()) {
                return Ok(Some(claims));
            }
        }
        Ok(None)
    }

    async fn providers(&self, issuer: &str) -> Result<Providers, Failure> {
        let now = self.clock.now();
        if let Some((until, known)) = self.remembered().get(issuer)
            && *until > now
        {
            return Ok(Arc::clone(known));
        }
        let request = pb::FindIdentityProvidersRequest { issuer: issuer.to_owned() };
        let nobody = Caller::service("gateway", TenantId::from_uuid(uuid::Uuid::nil()));
        let mut directory = AccessServiceClient::new(self.directory.clone());
        let found = directory.find_identity_providers(client::with_caller(request, &nobody)).await;
        let found = found.map_err(away)?.into_inner().providers;
        let read = |found: pb::TenantIdentityProvider| {
            Some((TenantId::from_name(&found.tenant).ok()?, found.identity_provider?))
        };
        let providers: Providers = Arc::new(found.into_iter().filter_map(read).collect());
        let mut remembered = self.remembered();
        if remembered.len() >= MOST_ISSUERS {
            remembered.clear();
        }
        remembered.insert(issuer.to_owned(), (now + PROVIDERS_GOOD_FOR, Arc::clone(&providers)));
        Ok(providers)
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<String, (DateTime<Utc>, Providers)>> {
        self.providers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn resolve(
        &self,
        tenant: TenantId,
        provider: &pb::IdentityProvider,
        claims: Claims,
    ) -> Result<Caller, Failure> {
        let Claims { subject, email, groups, expires: _ } = claims;
        let request = pb::ResolveSubjectRequest {
            identity_provider: provider.name.clone(),
            subject,
            email: email.unwrap_or_default(),
            groups,
        };
        let request = client::with_caller(request, &Caller::service("gateway", tenant));
        let resolved = AccessServiceClient::new(self.directory.clone()).resolve_subject(request).await;
        let resolved = resolved.map_err(away)?.into_inner();
        let pb::ResolveSubjectResponse { subject, scopes, whole_tenant, impersonal, units, person } =
            resolved;
        let units: BTreeSet<UnitId> = units
            .iter()
            .map(|unit| UnitId::from_name(unit).map_err(Failure::internal))
            .collect::<Result<_, _>>()?;
        let reach = if whole_tenant {
            Reach::Tenant
        } else if impersonal {
            Reach::Impersonal
        } else {
            Reach::Rows(Rows { units, person: PersonId::from_name(&person).ok() })
        };
        Ok(Caller { tenant, subject, scopes: scopes.into_iter().collect(), reach })
    }
}

/// What asking the directory came to. What it refuses with a reason of its own is for the caller.
fn away(status: tonic::Status) -> Failure {
    match status.code() {
        Code::PermissionDenied => Failure::from_status(&status),
        _ => Failure::away(status),
    }
}

/// Whether the header is that of a token which can be believed at all.
fn is_acceptable(header: &Header) -> bool {
    let is_with_public_key =
        matches!(header.alg, Algorithm::RS256 | Algorithm::PS256 | Algorithm::ES256 | Algorithm::EdDSA);
    let typ = header.typ.as_deref().unwrap_or("jwt").to_ascii_lowercase();
    // What must be understood and is not is refused (RFC 7515, section 4.1.11).
    is_with_public_key && header.crit.is_none() && TYPES.contains(&typ.as_str())
}

/// What somebody hears whose token is not believed.
pub(crate) fn refusal() -> Failure {
    Failure::no_caller("the token is not accepted: unknown issuer, wrong signature or audience, or expired")
}

#[cfg(test)]
mod tests;
