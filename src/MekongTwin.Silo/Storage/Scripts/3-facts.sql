-- What a partition is folded to. All of its rows here change in one transaction, with the offset that they stand for.
CREATE TABLE partition_facts (
    partition int PRIMARY KEY REFERENCES journal_partition,
    epoch bigint NOT NULL,
    applied bigint NOT NULL DEFAULT 0,
    revision bigint NOT NULL DEFAULT 0, -- rises with every commit: tells one that went through from one that did not
    doors bytea NOT NULL DEFAULT ''     -- the last append of each door
);

-- Newest readings of an asset's points, and what is set aside of them.
CREATE TABLE asset_state (
    asset int PRIMARY KEY,
    body bytea NOT NULL
);

-- A quarter of an hour of an asset: the windows of all its points, and what it adds to its parents.
CREATE TABLE asset_window (
    asset int NOT NULL,
    start bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (asset, start)
);

-- The same quarter of what lies above. Partitions add what their assets changed: sums of whole numbers, in any order.
CREATE TABLE asset_total (
    asset int NOT NULL,
    start bigint NOT NULL,
    energy bigint NOT NULL,
    energy_covered bigint NOT NULL,
    meters int NOT NULL,
    reactive bigint NOT NULL,
    reactive_covered bigint NOT NULL,
    reactive_meters int NOT NULL,
    vehicles bigint NOT NULL,
    vehicle_km bigint NOT NULL,
    vehicle_hours bigint NOT NULL,
    free_hours bigint NOT NULL,
    traffic_covered bigint NOT NULL,
    detectors int NOT NULL,
    occupancy bigint NOT NULL,
    occupancy_covered bigint NOT NULL,
    PRIMARY KEY (asset, start)
);

CREATE TABLE ledger_line (
    partition int NOT NULL,
    source int NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (partition, source)
);

-- Topics and names are bytes: what devices send need not be text.
CREATE TABLE quarantine (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partition int NOT NULL,
    reason int NOT NULL,
    source int NOT NULL,
    topic bytea NOT NULL,
    name bytea NOT NULL,
    count bigint NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    first_offset bigint NOT NULL,
    sample bytea NOT NULL,
    sample_time bigint NOT NULL,
    UNIQUE (reason, source, topic, name)
);

-- Applied readings sorted by point and time, a stretch of a partition's journal in rows of a few points each.
CREATE TABLE reading_run (
    partition int NOT NULL,
    upto bigint NOT NULL,
    part int NOT NULL,
    first_point int NOT NULL,
    last_point int NOT NULL,
    first_time bigint NOT NULL,
    last_time bigint NOT NULL,
    readings bytea NOT NULL,
    PRIMARY KEY (partition, upto, part)
);

CREATE INDEX reading_run_point ON reading_run (partition, last_point) INCLUDE (first_point, first_time, last_time);

-- Who sends, by the number that the journal knows it by.
CREATE TABLE source (
    number int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE
);

-- The cities; the last one counts.
CREATE TABLE model (
    version int PRIMARY KEY,
    body bytea NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE setting (
    key text PRIMARY KEY,
    value text NOT NULL
);
