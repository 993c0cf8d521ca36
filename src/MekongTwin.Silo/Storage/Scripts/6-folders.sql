-- Every city folder that a silo has brought into the model: one that was replaced does not come back by itself.
CREATE TABLE city_folder (
    number int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    content text NOT NULL,
    silo text NOT NULL,
    brought_at timestamptz NOT NULL DEFAULT now()
);
