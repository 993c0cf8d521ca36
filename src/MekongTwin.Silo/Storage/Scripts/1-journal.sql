-- The journal's partitions. A partition has one writer: the one with the newest epoch.
CREATE TABLE journal_partition (
    partition int PRIMARY KEY,
    epoch bigint NOT NULL,
    journalled bigint NOT NULL DEFAULT 0 -- end of its newest block
);

CREATE TABLE journal_block (
    partition int NOT NULL REFERENCES journal_partition,
    start bigint NOT NULL,
    frames bytea NOT NULL,
    PRIMARY KEY (partition, start)
);

-- Frames are packed already: the server need not try to.
ALTER TABLE journal_block ALTER COLUMN frames SET STORAGE EXTERNAL;

-- Of the silos' doors: each start of a silo is another door.
CREATE SEQUENCE door;
