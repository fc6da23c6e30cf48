//! Sealing what is sent, so that the push service on the way reads nothing of it (RFC 8291).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use web_push_native::Auth;
use web_push_native::p256::PublicKey;

/// Bytes of a point on P-256 that is not compressed: the only form that browsers hand out.
const POINT: usize = 65;
/// Bytes of a browser's secret.
const SECRET: usize = 16;

/// What a browser gave us to seal with.
pub struct Seal {
    point: PublicKey,
    secret: Auth,
}

impl Seal {
    /// Reads both, base64url with or without padding. None for what no browser gives: a point that is
    /// not on the curve, a secret of another length.
    #[must_use]
    pub fn read(p256dh: &str, auth: &str) -> Option<Self> {
        let point = URL_SAFE_NO_PAD.decode(p256dh.trim_end_matches('=')).ok()?;
        let secret = URL_SAFE_NO_PAD.decode(auth.trim_end_matches('=')).ok()?;
        if point.len() != POINT || secret.len() != SECRET {
            return None;
        }
        let point = PublicKey::from_sec1_bytes(&point).ok()?;
        Some(Self { point, secret: Auth::clone_from_slice(&secret) })
    }

    /// Seals it (`aes128gcm`): 103 bytes more than it has.
    ///
    /// # Errors
    /// When it cannot be sealed; it always can.
    pub fn seal(&self, plain: Vec<u8>) -> Result<Vec<u8>, web_push_native::Error> {
        web_push_native::encrypt(plain, &self.point, &self.secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use web_push_native::p256::SecretKey;

    // RFC 8291, 5: the keys of its example, and the message that it seals.
    const PLAIN: &[u8] = b"When I grow up, I want to be a watermelon";
    const SEALED: &str = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIg\
        Dll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyou\
        BWLVWGNWQexSgSxsj_Qulcy4a-fN";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
    const PRIVATE: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
    const PUBLIC: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";

    fn open(sealed: Vec<u8>) -> Vec<u8> {
        let private = SecretKey::from_slice(&URL_SAFE_NO_PAD.decode(PRIVATE).unwrap()).unwrap();
        let secret = Auth::clone_from_slice(&URL_SAFE_NO_PAD.decode(AUTH).unwrap());
        web_push_native::decrypt(sealed, &private, &secret).unwrap()
    }

    #[test]
    fn the_example_of_the_rfc_is_opened_by_its_own_keys() {
        assert_eq!(open(URL_SAFE_NO_PAD.decode(SEALED).unwrap()), PLAIN);
        let sealed = Seal::read(PUBLIC, AUTH).unwrap().seal(PLAIN.to_vec()).unwrap();
        assert_eq!(sealed.len(), PLAIN.len() + 103);
        assert_ne!(sealed, Seal::read(PUBLIC, AUTH).unwrap().seal(PLAIN.to_vec()).unwrap());
        assert_eq!(open(sealed), PLAIN);
    }

    #[test]
    fn what_no_browser_gives_is_not_taken() {
        assert!(Seal::read(&format!("{PUBLIC}="), &format!("{AUTH}==")).is_some());
        let mut off_curve = URL_SAFE_NO_PAD.decode(PUBLIC).unwrap();
        off_curve[64] ^= 1;
        let off_curve = URL_SAFE_NO_PAD.encode(off_curve);
        let long = URL_SAFE_NO_PAD.encode([7; 17]);
        for (p256dh, auth) in [
            (off_curve.as_str(), AUTH),
            (&PUBLIC[..40], AUTH),
            ("", AUTH),
            ("not base64!", AUTH),
            (PUBLIC, long.as_str()),
            (PUBLIC, ""),
        ] {
            assert!(Seal::read(p256dh, auth).is_none(), "{p256dh} {auth}");
        }
    }
}
