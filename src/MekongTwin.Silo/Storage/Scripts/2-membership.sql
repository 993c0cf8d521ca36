-- Which silos there are, for Orleans' ADO.NET clustering provider: it reads the text of its queries from orleansquery, by key,
-- and gives them the parameters named with @.
CREATE TABLE orleansquery (
    querykey text PRIMARY KEY,
    querytext text NOT NULL
);

CREATE TABLE cluster (
    id text PRIMARY KEY,
    version int NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE silo (
    cluster text NOT NULL REFERENCES cluster,
    address text NOT NULL,
    port int NOT NULL,
    generation int NOT NULL,
    name text NOT NULL,
    host text NOT NULL,
    status int NOT NULL,
    proxy_port int,
    suspect_times text,
    start_time timestamptz NOT NULL,
    alive_time timestamptz NOT NULL,
    PRIMARY KEY (cluster, address, port, generation)
);

-- A change counts only if nobody else changed the cluster since it was read: every change raises the version.
CREATE FUNCTION raise_cluster_version(of_cluster text, from_version int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cluster SET version = version + 1, changed_at = now() WHERE id = of_cluster AND version = from_version;
    RETURN FOUND;
END $$;

CREATE FUNCTION insert_silo(of_cluster text, of_address text, of_port int, of_generation int, of_name text, of_host text, of_status int, of_proxy_port int, of_start timestamptz, of_alive timestamptz, from_version int)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM silo WHERE cluster = of_cluster AND address = of_address AND port = of_port AND generation = of_generation) THEN
        RETURN false;
    END IF;
    IF NOT raise_cluster_version(of_cluster, from_version) THEN
        RETURN false;
    END IF;
    INSERT INTO silo (cluster, address, port, generation, name, host, status, proxy_port, start_time, alive_time)
    VALUES (of_cluster, of_address, of_port, of_generation, of_name, of_host, of_status, of_proxy_port, of_start, of_alive);
    RETURN true;
END $$;

CREATE FUNCTION update_silo(of_cluster text, of_address text, of_port int, of_generation int, of_status int, of_suspect_times text, of_alive timestamptz, from_version int)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM silo WHERE cluster = of_cluster AND address = of_address AND port = of_port AND generation = of_generation) THEN
        RETURN false;
    END IF;
    IF NOT raise_cluster_version(of_cluster, from_version) THEN
        RETURN false;
    END IF;
    UPDATE silo SET status = of_status, suspect_times = of_suspect_times, alive_time = of_alive
    WHERE cluster = of_cluster AND address = of_address AND port = of_port AND generation = of_generation;
    RETURN true;
END $$;

CREATE FUNCTION insert_cluster(of_cluster text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO cluster (id) VALUES (of_cluster) ON CONFLICT DO NOTHING;
    RETURN FOUND;
END $$;

INSERT INTO orleansquery (querykey, querytext) VALUES
('GatewaysQueryKey',
 'SELECT address AS Address, proxy_port AS ProxyPort, generation AS Generation FROM silo WHERE cluster = @DeploymentId AND status = @Status AND proxy_port > 0'),
('MembershipReadRowKey',
 'SELECT s.address AS Address, s.port AS Port, s.generation AS Generation, s.name AS SiloName, s.host AS HostName, s.status AS Status, s.proxy_port AS ProxyPort, s.suspect_times AS SuspectTimes, s.start_time AS StartTime, s.alive_time AS IAmAliveTime, c.version AS Version
  FROM cluster c LEFT JOIN silo s ON s.cluster = c.id AND s.address = @Address AND s.port = @Port AND s.generation = @Generation WHERE c.id = @DeploymentId'),
('MembershipReadAllKey',
 'SELECT s.address AS Address, s.port AS Port, s.generation AS Generation, s.name AS SiloName, s.host AS HostName, s.status AS Status, s.proxy_port AS ProxyPort, s.suspect_times AS SuspectTimes, s.start_time AS StartTime, s.alive_time AS IAmAliveTime, c.version AS Version
  FROM cluster c LEFT JOIN silo s ON s.cluster = c.id WHERE c.id = @DeploymentId'),
('InsertMembershipVersionKey',
 'SELECT insert_cluster(@DeploymentId)'),
('InsertMembershipKey',
 'SELECT insert_silo(@DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime, @Version)'),
('UpdateMembershipKey',
 'SELECT update_silo(@DeploymentId, @Address, @Port, @Generation, @Status, @SuspectTimes, @IAmAliveTime, @Version)'),
('UpdateIAmAlivetimeKey',
 'UPDATE silo SET alive_time = @IAmAliveTime WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation'),
('DeleteMembershipTableEntriesKey',
 'WITH gone AS (DELETE FROM silo WHERE cluster = @DeploymentId) DELETE FROM cluster WHERE id = @DeploymentId'),
-- 3: active; only silos that are not are forgotten.
('CleanupDefunctSiloEntriesKey',
 'DELETE FROM silo WHERE cluster = @DeploymentId AND alive_time < @IAmAliveTime AND status <> 3');
