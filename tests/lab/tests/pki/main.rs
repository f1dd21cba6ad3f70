//! Certificates are what they claim to be, forgeries pass where they should, and webpki judges.

mod authorities;
mod crls;
mod crowds;
mod forgeries;
mod identities;
mod judge;
mod leaves;
