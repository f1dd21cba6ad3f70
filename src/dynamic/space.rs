//! Where a list lies in shared data, which plugins of one VM, in Istio all plugins of a proxy, have in
//! common.

use crate::digest::{Digest, sha256};

use super::codec::Output;

/// The keys of one list. They begin with a digest of what makes the list this one: whoever does not know
/// its name, feed and secret can name none of them, since shared data cannot be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Space([u8; PREFIX]);

/// One of 65,536 buckets: the first bytes of a digest choose it.
pub(crate) type BucketNumber = u16;

impl Space {
    /// The space of what these parts describe, stored in a format: another format, or what is no list, has
    /// a space of its own.
    pub(crate) fn of(format: &str, parts: &[&[u8]]) -> Self {
        let mut text = format.as_bytes().to_vec();
        for part in parts {
            // With its length, so that no two descriptions run into the same bytes.
            text.counted(part);
        }
        let digest = sha256(&text);
        let mut prefix = [0; PREFIX];
        for (byte, from) in prefix.iter_mut().zip(digest) {
            *byte = from;
        }
        Self(prefix)
    }

    /// The key of a bucket: 18 bytes, which the host keeps without an allocation of their own.
    pub(crate) fn bucket(&self, number: BucketNumber) -> [u8; BUCKET_KEY] {
        let mut key = [0; BUCKET_KEY];
        let bytes = self.0.into_iter().chain(number.to_be_bytes());
        for (byte, from) in key.iter_mut().zip(bytes) {
            *byte = from;
        }
        key
    }

    /// What all of its keys begin with.
    pub(crate) fn prefix(&self) -> &[u8] {
        &self.0
    }

    /// The key of the head record.
    pub fn head(&self) -> Vec<u8> {
        [&self.0[..], b"head"].concat()
    }

    /// The key of the lease.
    pub(crate) fn lease(&self) -> Vec<u8> {
        [&self.0[..], b"lease"].concat()
    }
}

/// The bucket of what has this digest.
pub(crate) fn bucket_of(digest: &Digest) -> BucketNumber {
    digest.first_chunk().map_or(0, |bytes| BucketNumber::from_be_bytes(*bytes))
}

/// Bytes of a bucket's number.
pub(crate) const NUMBER_LENGTH: usize = 2;

const PREFIX: usize = 16;
/// Bytes of a bucket's key.
pub(crate) const BUCKET_KEY: usize = PREFIX + NUMBER_LENGTH;
