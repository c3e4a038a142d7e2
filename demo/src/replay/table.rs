//! The replay's table: per district, reports not delivered and children concerned.

use std::fmt;

use framme_shared::wire::pb::sender::DistrictFigures;

/// One row per police district, in the official order, then the sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The rows.
    pub rows: Vec<TableRow>,
}

/// One police district.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableRow {
    /// Its name.
    pub police_district: String,
    /// Reports that are open.
    pub not_delivered: u64,
    /// Children in them.
    pub children: u64,
    /// Reports that are delivered.
    pub delivered: u64,
}

impl Table {
    /// Orders the sender's figures as `districts`; a district without reports has a row of zeros.
    pub fn from_figures(districts: &[String], figures: &[DistrictFigures]) -> Self {
        let row = |name: &String| {
            let found = figures.iter().find(|figure| figure.police_district == *name);
            TableRow {
                police_district: name.clone(),
                not_delivered: found.map_or(0, |figure| figure.reports_not_delivered),
                children: found.map_or(0, |figure| figure.children_in_reports_not_delivered),
                delivered: found.map_or(0, |figure| figure.reports_delivered),
            }
        };
        Self {
            rows: districts.iter().map(row).collect(),
        }
    }

    /// The last row.
    pub fn sum(&self) -> TableRow {
        self.rows.iter().fold(
            TableRow {
                police_district: "Sum".to_owned(),
                ..TableRow::default()
            },
            |sum, row| TableRow {
                not_delivered: sum.not_delivered + row.not_delivered,
                children: sum.children + row.children,
                delivered: sum.delivered + row.delivered,
                ..sum
            },
        )
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<18} {:>13} {:>9} {:>10}",
            "police district", "not delivered", "children", "delivered"
        )?;
        for row in self.rows.iter().chain([&self.sum()]) {
            writeln!(
                f,
                "{:<18} {:>13} {:>9} {:>10}",
                row.police_district, row.not_delivered, row.children, row.delivered
            )?;
        }
        Ok(())
    }
}
