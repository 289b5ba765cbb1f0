//! The wire: reads requests, calls the service, renders what it answers.

mod answers;
mod asked;
mod form;
mod import;
mod methods;
mod privacy;
mod questionnaire;
mod status;
mod wave;
mod words;

pub use methods::Grpc;
pub use privacy::PrivacyGrpc;
