//! istiod and the gateway that it configures.
