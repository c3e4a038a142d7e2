//! Telling people: who can be told and how, by e-mail (SMTP over TLS) and by signed webhooks (Standard Webhooks).

mod checked;
mod config;
mod courier;
mod invalid;
mod mail;
mod secret;
mod sign;
mod webhook;

pub use self::{
    checked::{Address, Contact, Notification},
    config::{ContactConfig, Desks, NotificationConfig, SmtpConfig, SmtpTls},
    courier::{Courier, CourierError, Parcel, SEND_LIMIT},
    invalid::InvalidNotification,
    secret::SecretError,
};
