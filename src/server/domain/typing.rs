//! Who is writing: told to those who look, stored nowhere.

use super::places::Place;
use super::{Domain, Who};
use crate::protocol::{Refusal, Target};
use crate::server::groups::{Addressed, Broadcast};

impl Domain {
    /// Tells a place that I am writing there.
    ///
    /// # Errors
    /// `not_found` for what is not there or not mine to see.
    pub async fn is_typing(&self, who: &Who, to: &Target) -> Result<(), Refusal> {
        let me = who.writer()?;
        let place = self.locate(who, to).await?;
        // Where one of the two blocked the other nothing is told, this neither.
        if self.may_write(me, &place).await.is_err() {
            return Ok(());
        }
        let user = me.name.to_string();
        let to = match &place {
            Place::Own { .. } => return Ok(()),
            Place::Room { .. } => Addressed::All(place.target()),
            Place::Direct { me, other, .. } => {
                let (low, high) = if me.id < other.id { (me, other) } else { (other, me) };
                Addressed::Sides {
                    low: Target::Person(high.name.to_string()),
                    high: Target::Person(low.name.to_string()),
                }
            }
        };
        self.groups.publish(place.group(), &Broadcast::Typing { to, user });
        Ok(())
    }
}
