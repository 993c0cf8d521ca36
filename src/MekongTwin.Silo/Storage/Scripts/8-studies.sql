-- What-if studies: the files of each, whole.
CREATE TABLE study_file (
    study text NOT NULL,
    name text NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (study, name)
);
