-- The journal's partitions. A partition has one writer: the one with the newest epoch.
CREATE TABLE journal_partition (
    partition int PRIMARY KEY,
    epoch bigint NOT NULL DEFAULT 0,
    journalled bigint NOT NULL DEFAULT 0, -- end of its newest block
    applied bigint NOT NULL DEFAULT 0     -- offset that the stored facts stand for
);

CREATE TABLE journal_block (
    partition int NOT NULL REFERENCES journal_partition,
    start bigint NOT NULL,
    frames bytea NOT NULL,
    PRIMARY KEY (partition, start)
);

-- Frames are packed already: the server need not try to.
ALTER TABLE journal_block ALTER COLUMN frames SET STORAGE EXTERNAL;

-- Of grains' activations: rises at every one.
CREATE SEQUENCE epoch;
