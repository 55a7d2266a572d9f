//! What somebody who can write to the image's storage may do to its header: swap it, exaggerate in it, damage it at random.

mod limits;
mod made;
mod mutation;
mod swap;
