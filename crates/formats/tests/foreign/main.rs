//! VHD, VHDX and VMDK against judges that we did not write: images that the stock QEMU tools made
//! are read, VHDs that our encoders made are handed to those tools, and damaged files are refused.

mod disk;
mod vhd_hostile;
mod vhd_made;
mod vhd_read;
mod vhd_write;
mod vhdx;
mod vhdx_hostile;
mod vmdk_hostile;
mod vmdk_made;
mod vmdk_read;

#[path = "../qcow2/content.rs"]
mod content;
#[path = "../qcow2/workshop.rs"]
mod workshop;
