//! The parts of pages, a file each.
