//! Expected values come from runs of the reference; the differential test compares with `std::regex`.
use super::*;
