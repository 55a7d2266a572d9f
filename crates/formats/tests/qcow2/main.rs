//! The qcow2 room against judges that we did not write: images that the stock QEMU tools made are
//! read, images that our encoders made are handed to those tools, and damaged ones are refused.

mod content;
mod crafted;
mod disk;
mod hostile;
mod made_image;
mod map_judge;
mod mutated;
mod read_qemu;
mod workshop;
mod write;
