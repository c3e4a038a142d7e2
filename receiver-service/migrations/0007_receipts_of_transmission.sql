-- Senders ask, again and again, how many receipts there are about a transmission and which is the last.
CREATE INDEX receipt_of_transmission ON receipt (transmission_id, sequence);
