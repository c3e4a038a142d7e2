//! Repeated requests: the same one gets the first answer again, byte for byte; another under its id is refused.

use framme_shared::{
    db::{
        Tx,
        sealing::{MasterKeys, Place},
    },
    domain::{
        digest::{Digest, Hasher},
        ids::RequestId,
    },
    wire::status::Failure,
};
use prost::Message;

use crate::{
    error::Refusal,
    store::request::{self, Answered, FirstAnswer},
};

/// A request that may come again.
#[derive(Debug, Clone)]
pub struct Request {
    /// Whose: ids of different callers never meet.
    pub caller: String,
    /// The id that the caller gave it.
    pub id: RequestId,
    /// Which RPC.
    pub method: &'static str,
    /// SHA-256 over the RPC and the whole request.
    pub fingerprint: Digest,
    /// Whether request or answer hold personal data: then both are kept sealed.
    pub private: bool,
}

impl Request {
    /// Takes what identifies a message.
    pub fn new(caller: String, id: RequestId, method: &'static str, message: &impl Message, private: bool) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(method.as_bytes());
        hasher.update(&[0]);
        hasher.update(&message.encode_to_vec());
        Self {
            caller,
            id,
            method,
            fingerprint: hasher.finish(),
            private,
        }
    }

    /// The first answer, if this request came before.
    ///
    /// # Errors
    /// `CONTENT_DIFFERS` when another request came under this id.
    pub async fn replay<A: Message + Default>(&self, tx: &mut Tx, keys: &MasterKeys) -> Result<Option<A>, Refusal> {
        match request::find(tx.conn(), &self.caller, &self.id).await? {
            Some(answered) => self.answer_of(answered, keys).map(Some),
            None => Ok(None),
        }
    }

    /// The first answer, from its row.
    ///
    /// # Errors
    /// As [`Request::replay`].
    pub fn answer_of<A: Message + Default>(&self, answered: Answered, keys: &MasterKeys) -> Result<A, Refusal> {
        let row = self.row();
        let (fingerprint, answer) = match &answered.key {
            None => (answered.fingerprint, answered.answer),
            Some(wrapped) => {
                let place = Place::new("request", "fingerprint", &row);
                let key = keys.unwrap(wrapped).map_err(|error| Refusal::corrupt(&place, error))?;
                let open = |column, sealed: &[u8]| {
                    let place = Place::new("request", column, &row);
                    key.open(&place, sealed)
                        .map_err(|error| Refusal::corrupt(&place, error))
                };
                (
                    open("fingerprint", &answered.fingerprint)?,
                    open("answer", &answered.answer)?,
                )
            }
        };
        if answered.method != self.method || fingerprint != self.fingerprint.as_bytes() {
            return Err(Failure::ContentDiffers.into());
        }
        A::decode(answer.as_slice()).map_err(|_| Refusal::digest_differs("request", &row))
    }

    /// Keeps the first answer.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn keep(&self, tx: &mut Tx, keys: &MasterKeys, answer: &impl Message) -> Result<(), Refusal> {
        let at = tx.at();
        Ok(request::insert(tx.conn(), &[self.first_answer(keys, answer)], at).await?)
    }

    /// The first answer as it is kept: sealed if request or answer hold personal data.
    pub fn first_answer(&self, keys: &MasterKeys, answer: &impl Message) -> FirstAnswer<'_> {
        FirstAnswer {
            caller: &self.caller,
            request: &self.id,
            answered: self.sealed(keys, answer.encode_to_vec()),
        }
    }

    fn sealed(&self, keys: &MasterKeys, answer: Vec<u8>) -> Answered {
        let (method, fingerprint) = (self.method.to_owned(), self.fingerprint.as_bytes());
        if !self.private {
            return Answered {
                method,
                fingerprint: fingerprint.to_vec(),
                answer,
                key: None,
                receipt: None,
            };
        }
        let row = self.row();
        let (key, wrapped) = keys.new_data_key();
        Answered {
            method,
            fingerprint: key.seal(&Place::new("request", "fingerprint", &row), fingerprint),
            answer: key.seal(&Place::new("request", "answer", &row), &answer),
            key: Some(wrapped),
            receipt: None,
        }
    }

    fn row(&self) -> String {
        format!("{}/{}", self.caller, self.id)
    }
}
