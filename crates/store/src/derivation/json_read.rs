//! stub
pub struct JsonError;
