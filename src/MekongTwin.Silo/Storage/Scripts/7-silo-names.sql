-- Names that silos had in the last day: under its name a silo has a session at the broker, which keeps its share while it is away.
CREATE TABLE silo_name (
    cluster text NOT NULL,
    name text NOT NULL,
    seen_at timestamptz NOT NULL,
    stopped boolean NOT NULL,    -- it was asked to stop; else it is gone when it is not there
    has_session boolean NOT NULL,
    PRIMARY KEY (cluster, name)
);
