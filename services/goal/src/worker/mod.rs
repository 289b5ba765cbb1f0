//! What runs beside the calls. The relay of the events comes from `arki-events`.

mod sweep;

pub(crate) use sweep::sweep;
