-- Who may open the doors: passwords and tokens only as salted hashes.
CREATE TABLE user_entry (
    name text PRIMARY KEY,
    role text NOT NULL,
    salt text NOT NULL,
    password_hash text NOT NULL,
    token_hash text NOT NULL,
    iterations int NOT NULL
);

-- One row, whose version every change of the list raises, by whomever: that is how silos see a change.
CREATE TABLE user_list (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version bigint NOT NULL DEFAULT 0
);
INSERT INTO user_list DEFAULT VALUES;

CREATE FUNCTION raise_user_list_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE user_list SET version = version + 1;
    RETURN NULL;
END
$$;

CREATE TRIGGER user_entry_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON user_entry
    FOR EACH STATEMENT EXECUTE FUNCTION raise_user_list_version();
