//! The page on which a recipient chooses, and the one click.

use std::sync::Arc;

use arki_proto::communication::v1 as pb;
use arki_proto::r#type::v1::ContactPurpose;
use axum::http::{Request, StatusCode, header};
use tonic::Status;

use super::{Fake, House};

const LINK: &str = "/u/abcdefghijklmnopqrstuvwxyz";
const GET: &str = "communication.v1.PreferenceService/GetPreferences";
const UPDATE: &str = "communication.v1.PreferenceService/UpdatePreference";

/// Somebody who gets questions and messages, and no requests for stories.
pub(super) fn preferences(fake: Fake) -> Fake {
    let of =
        |purpose: ContactPurpose, is_subscribed| pb::Preference { purpose: purpose.into(), is_subscribed };
    fake.on(GET, move |asked: pb::GetPreferencesRequest| {
        if asked.token != "abcdefghijklmnopqrstuvwxyz" {
            return Err(Status::not_found("no such link"));
        }
        let preferences = vec![
            of(ContactPurpose::Survey, true),
            of(ContactPurpose::Communication, true),
            of(ContactPurpose::Story, false),
        ];
        Ok(pb::GetPreferencesResponse { preferences, language: "fi".to_owned() })
    })
    .on(UPDATE, move |asked: pb::UpdatePreferenceRequest| {
        let preferences = vec![of(asked.purpose(), asked.is_subscribed)];
        Ok(pb::UpdatePreferenceResponse { preferences, language: "fi".to_owned() })
    })
}

#[tokio::test]
async fn reading_the_page_changes_nothing_and_shows_a_button_for_each_purpose() {
    let fake = preferences(Fake::default());
    let asked = Arc::clone(&fake.asked);
    let got = House::new(fake).get(LINK).await;
    assert_eq!(got.status, StatusCode::OK);
    assert!(got.has("<h1>Mitä saat meiltä</h1>"), "{}", got.text);
    assert_eq!(got.text.matches("value=\"less\"").count(), 2);
    assert_eq!(got.text.matches("value=\"more\"").count(), 1);
    assert!(Fake::requests::<pb::UpdatePreferenceRequest>(&asked, UPDATE).is_empty());
}

#[tokio::test]
async fn one_click_needs_no_cookie_and_is_answered_without_a_redirect() {
    let fake = preferences(Fake::default());
    let asked = Arc::clone(&fake.asked);
    let house = House::new(fake);
    let got = house.post(LINK, "List-Unsubscribe=One-Click").await;
    assert_eq!((got.status, got.header(header::SET_COOKIE)), (StatusCode::OK, ""));
    let multipart = Request::post(LINK).header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
    let body =
        "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    assert_eq!(house.send(multipart, body).await.status, StatusCode::OK);
    let sent = Fake::requests::<pb::UpdatePreferenceRequest>(&asked, UPDATE);
    let sent: Vec<_> = sent.iter().map(|one| (one.purpose(), one.is_subscribed)).collect();
    assert_eq!(sent, [(ContactPurpose::Communication, false); 2]);
}

#[tokio::test]
async fn a_choice_is_taken_and_taken_back() {
    let fake = preferences(Fake::default());
    let asked = Arc::clone(&fake.asked);
    let house = House::new(fake);
    let less = house.post(LINK, "language=sv&purpose=survey&choice=less").await;
    assert!(less.has("Klart. Du får inga fler.") && less.has("value=\"more\""), "{}", less.text);
    let more = house.post(LINK, "language=sv&purpose=survey&choice=more").await;
    assert!(more.has("Klart. Du får dem igen.") && more.has("value=\"less\""), "{}", more.text);
    let sent = Fake::requests::<pb::UpdatePreferenceRequest>(&asked, UPDATE);
    let sent: Vec<_> = sent.iter().map(|one| (one.purpose(), one.is_subscribed)).collect();
    assert_eq!(sent, [(ContactPurpose::Survey, false), (ContactPurpose::Survey, true)]);
}

#[tokio::test]
async fn what_is_no_choice_sends_nothing() {
    let fake = preferences(Fake::default());
    let asked = Arc::clone(&fake.asked);
    let house = House::new(fake);
    for form in ["", "purpose=everything&choice=less", "List-Unsubscribe=Two-Clicks"] {
        assert_eq!(house.post(LINK, form).await.status, StatusCode::BAD_REQUEST, "{form}");
    }
    assert!(Fake::requests::<pb::UpdatePreferenceRequest>(&asked, UPDATE).is_empty());
    let got = house.get_in("en", "/u/unknown-unknown-unknown-unk").await;
    assert_eq!(got.status, StatusCode::NOT_FOUND);
}
