//! What must hold of dynamic lists whatever their feeds do, for as long as a day.

mod bounds;
mod churn;
mod corruption;
mod fallback;
mod faults;
mod feed;
mod rate;
mod world;
