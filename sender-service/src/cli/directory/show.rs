//! `sender directory show`.

use framme_shared::{
    domain::{
        directory::{Place, Route, Service},
        text::Line,
    },
    runtime::{exit::Exit, telemetry::Causes},
};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::super::{Session, outcome::CommandError};
use crate::directory;

pub(super) fn show(session: &Session, place: Place, day: Date) -> Result<Exit, CommandError> {
    let config = session.config()?;
    config.check()?;
    let loaded = directory::load(&config).map_err(|error| CommandError::Usage(Causes(&error).to_string()))?;
    let route = loaded.directory.route(place, day);
    if session.json {
        println!("{:#}", as_json(&place, day, &route));
    } else {
        print(&place, day, &route);
    }
    Ok(match route {
        Route::Nobody => Exit::NotFound,
        _ => Exit::Ok,
    })
}

fn print(place: &Place, day: Date, route: &Route<'_>) {
    match route {
        Route::Service(service) => {
            println!("{place} on {day}:");
            print_service(service);
        }
        Route::ToAPerson { reason, candidates } => {
            println!("{place} on {day}: a person must say who is right ({reason}). It may be:");
            candidates.iter().for_each(|service| print_service(service));
        }
        Route::Nobody => println!("{place} on {day}: nobody is known"),
    }
}

fn print_service(service: &Service) {
    println!("  {}  {}", service.organisation, service.name.expose());
    let receiver = service
        .endpoint
        .as_ref()
        .map_or("none: by letter and phone", Line::expose);
    println!("    receiver  {receiver}");
    if let Some(phone) = &service.office_phone {
        println!("    office    {}", phone.expose());
    }
    if let Some(duty) = &service.duty {
        println!(
            "    duty      {}, {}: {}",
            duty.name.expose(),
            duty.hours.expose(),
            duty.phone.expose()
        );
    }
    if let Some(letter) = &service.letter_address {
        let lines: Vec<&str> = letter.lines.iter().map(Line::expose).collect();
        println!(
            "    letters   {}, {} {}",
            lines.join(", "),
            letter.postal_code.expose(),
            letter.city.expose()
        );
    }
}

fn as_json(place: &Place, day: Date, route: &Route<'_>) -> Value {
    let reason = match route {
        Route::ToAPerson { reason, .. } => Some(reason.as_str()),
        _ => None,
    };
    json!({
        "area": place.to_string(),
        "date": day.to_string(),
        "is_certain": route.service().is_some(),
        "reason": reason,
        "services": route.candidates().into_iter().map(service_as_json).collect::<Vec<_>>(),
    })
}

fn service_as_json(service: &Service) -> Value {
    json!({
        "organisation": service.organisation,
        "name": service.name.expose(),
        "receiver": service.endpoint.as_ref().map(Line::expose),
        "office_phone": service.office_phone.as_ref().map(Line::expose),
        "duty": service.duty.as_ref().map(|duty| json!({
            "organisation": duty.organisation,
            "name": duty.name.expose(),
            "hours": duty.hours.expose(),
            "phone": duty.phone.expose(),
        })),
        "letter_address": service.letter_address.as_ref().map(|letter| json!({
            "lines": letter.lines.iter().map(Line::expose).collect::<Vec<_>>(),
            "postal_code": letter.postal_code.expose(),
            "city": letter.city.expose(),
        })),
        "valid_from": service.validity.from.map(|date| date.to_string()),
        "valid_to": service.validity.to.map(|date| date.to_string()),
        "successors": service.successors,
    })
}
