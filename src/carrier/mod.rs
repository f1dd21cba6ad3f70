//! The forms in which a certificate reaches us, one file a format: text in, DER out.

pub mod pem;
pub mod xfcc;
