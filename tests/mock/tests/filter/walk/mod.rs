//! Every host call going wrong in every way, one at a time, under policies of every kind: the turns of a good
//! run are recorded, and told again with a fault at each of their calls.
//!
//! What must hold, whatever goes wrong: nobody passes who would not otherwise; a refusal says why; nothing traps,
//! which would end the test's process; and the next request is judged as on a VM to which nothing ever happened.

mod expected;
mod loading;
mod requests;
mod scene;
mod turns;
mod wrong;
