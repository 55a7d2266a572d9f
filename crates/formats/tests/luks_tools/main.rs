//! The judges are `cryptsetup` and `qemu-img`: headers that they make decode to what they say, headers that we make are read
//! alike by them, and what they refuse is refused here too.

mod luks1;
mod luks2;
mod luks2_damage;
mod luks2_judge;
mod workshop;
