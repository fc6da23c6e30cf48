//! Faces: the small picture that a person has put beside their name, known by heart of everybody
//! who has one.

use super::files::{disk, too_large};
use super::{Domain, Who, unavailable};
use crate::protocol::{Refusal, limits};
use crate::server::pictures;
use crate::server::store::files;
use crate::words::Word;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Letters of a content's hash that tell one face of a person from the next.
const VERSION: usize = 8;

/// Who has which face.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Changes whenever any face does: what was rendered with other faces is not used again.
    pub version: u64,
    /// Contents, by name.
    all: Arc<BTreeMap<String, String>>,
}

impl Known {
    /// The versions of the faces of those among `names` who have one.
    #[must_use]
    pub fn of<'a>(&self, names: impl Iterator<Item = &'a str>) -> BTreeMap<String, String> {
        if self.all.is_empty() {
            return BTreeMap::new();
        }
        names.filter_map(|name| Some((name.to_owned(), self.version_of(name)?))).collect()
    }

    fn version_of(&self, name: &str) -> Option<String> {
        self.all.get(name)?.get(..VERSION).map(str::to_owned)
    }
}

/// The faces of the house.
#[derive(Default)]
pub struct Faces(RwLock<Known>);

impl Faces {
    /// As they are now.
    #[must_use]
    pub fn known(&self) -> Known {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<String, String>)) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut known.all));
        known.version += 1;
    }
}

impl Domain {
    /// Learns everybody's face, when the house opens.
    ///
    /// # Errors
    /// `unavailable` when the database cannot be read.
    pub async fn learn_faces(&self) -> Result<(), Refusal> {
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let all = files::faces(&mut db).await.map_err(unavailable)?;
        self.faces.change(|faces| faces.extend(all));
        Ok(())
    }

    /// Makes this picture my face; none takes it away.
    ///
    /// # Errors
    /// `invalid` for what is no picture, `too_long` for one that is too large, `rate_limited`.
    pub async fn set_face(&self, who: &Who, picture: Option<Vec<u8>>) -> Result<(), Refusal> {
        let me = who.writer()?;
        // Each is drawn, and lies on the disk for an hour at least.
        self.deeds.may_speak(me.id)?;
        let drawn = match picture {
            Some(bytes) if bytes.len() > limits::FACE => {
                return Err(Refusal {
                    field: Some("face".to_owned()),
                    ..too_large(limits::FACE as u64)
                });
            }
            Some(bytes) => {
                let format = pictures::format(&bytes)
                    .ok_or_else(|| Refusal::invalid("face", Word::FaceNoPicture))?;
                let face = move |bytes: &[u8]| pictures::face(bytes, format);
                let drawn = self.files.read(std::future::ready(Ok(bytes)), face).await;
                Some(drawn.map_err(|refusal| match refusal.field {
                    Some(_) => Refusal { field: Some("face".to_owned()), ..refusal },
                    None => refusal,
                })?)
            }
            None => None,
        };
        let _turn = self.files.shelf.turn().await;
        let hash = match drawn {
            Some(drawn) => Some(self.files.shelf.put(drawn.bytes).await.map_err(disk)?),
            None => None,
        };
        let mut tx = self.store.write().await.map_err(unavailable)?;
        files::set_face(&mut tx, me.id, hash.as_deref()).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        self.faces.change(|faces| match hash {
            Some(hash) => drop(faces.insert(me.name.to_string(), hash)),
            None => drop(faces.remove(&*me.name)),
        });
        Ok(())
    }

    /// The content of the face of whoever has this very name, and its version.
    ///
    /// # Errors
    /// `not_found` where there is none, or for a visitor where only members read.
    pub fn face(&self, who: &Who, name: &str) -> Result<(String, String), Refusal> {
        let none = || Refusal::not_found("such face");
        if !self.config.public_reading && who.member().is_err() {
            return Err(none());
        }
        let known = self.faces.known();
        let hash = known.all.get(name).ok_or_else(none)?.clone();
        let version = known.version_of(name).ok_or_else(none)?;
        Ok((hash, version))
    }
}
