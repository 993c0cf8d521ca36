-- In what form a row's bytes are. Facts say it in their first byte, frames of the journal by their kind.
ALTER TABLE reading_run ADD COLUMN format smallint NOT NULL DEFAULT 1;
ALTER TABLE model ADD COLUMN format smallint NOT NULL DEFAULT 1;
