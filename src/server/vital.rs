//! What a server cannot do without.

/// Held by a thread or task whose panic ends the process. Without it the server would look alive and
/// refuse, or leave untold, what it was made for; whoever watches over the process starts it again,
/// and clients resume.
pub struct Vital(pub &'static str);

impl Drop for Vital {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("{} is lost: the server ends", self.0);
            std::process::abort();
        }
    }
}
